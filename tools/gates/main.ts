/**
 * `npm run gates [gate ...]`: every gate that can run here, then the test that each of them catches a planted fault, and a loud word on those
 * that need the outside world. Ends with 1 where something was found.
 */
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureParts, partPath } from '../cluster/provision/provision.ts';
import { exceptionProblems, readExceptions } from './exceptions.ts';
import type { Gate } from './gate.ts';
import { gates, outside } from './gates.ts';

const root = join(import.meta.dirname, '..', '..');
const names = gates.map(({ name }) => name);

async function pass(gate: Gate, accepted: ReturnType<typeof readExceptions>): Promise<boolean> {
  const startedMs = performance.now();
  const exceptions = accepted.filter((one) => one.gate === gate.name);
  const { passed, output } = await gate.look({ root, exceptions, tool: partPath });
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const beside = exceptions.length === 0 ? '' : `, ${exceptions.length} accepted for now`;
  console.log(`${passed ? 'ok    ' : 'FAILED'} ${gate.name}: ${gate.keepsOut} (${seconds} s${beside})`);
  if (!passed) console.log(output.replaceAll(/^/gm, '         '));
  return passed;
}

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    console.error(`There is no gate ${unknown.join(', ')}. There are: ${names.join(', ')}.`);
    return 2;
  }
  const chosen = wanted.length === 0 ? gates : gates.filter(({ name }) => wanted.includes(name));
  await ensureParts([...new Set(chosen.flatMap(({ tools }) => tools))]);
  const accepted = readExceptions(await readFile(join(root, 'security', 'exceptions.yaml'), 'utf8'));
  const problems = exceptionProblems(accepted, names, Date.now());
  for (const problem of problems) console.log(`FAILED ${problem}`);
  let isGood = problems.length === 0;
  for (const gate of chosen) isGood = (await pass(gate, accepted)) && isGood;
  console.log('\nNOT LOOKED AT HERE, since it takes the outside world; the workflows do it:');
  for (const { name, why, where } of outside) console.log(`  ${name}: ${why} (${where})`);
  if (wanted.length > 0) return isGood ? 0 : 1;
  console.log('\nDoes each gate catch the fault that is planted for it?');
  const planted = spawnSync('vitest', ['run', '--project', 'gates'], { cwd: root, stdio: 'inherit' });
  return isGood && planted.status === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
