/** What happens before the rest of the program is loaded: the controller, and only the controller, begins with memory settings of its own. */
import { beginWithLeanMemory } from './lean-memory.ts';

if (process.argv[2] === 'controller') beginWithLeanMemory();
