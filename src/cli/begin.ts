/**
 * What happens before the rest of the program is loaded: an old Node is refused, and the controller, and only the controller, begins with
 * memory settings of its own.
 */
import { beginWithLeanMemory } from './lean-memory.ts';
import { unsuitableNode } from './node-version.ts';

const problem = unsuitableNode(process.versions.node);
if (problem !== undefined) {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
if (process.argv[2] === 'controller') beginWithLeanMemory();
