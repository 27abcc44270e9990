/** `npm run check`: everything fast that must hold before a commit, each part's output shown when it fails. --without-tests: where they have run already. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

const parts: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  ['unused code', 'knip', '--no-progress'],
  ['arrows, bans, lengths', 'node', 'tools/tidy/tidy.ts'],
  ['generated files', 'node', 'tools/generate.ts', '--check'],
  ['unit and property tests', 'vitest', 'run', '--project', 'unit'],
];

const chosen = process.argv.includes('--without-tests') ? parts.filter(([, command]) => command !== 'vitest') : parts;

let failed = 0;
for (const [name, command, ...args] of chosen) {
  const started = process.hrtime.bigint();
  const done = spawnSync(join(root, 'node_modules', '.bin', command), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = Number((process.hrtime.bigint() - started) / 1_000_000n) / 1000;
  const isGood = done.status === 0;
  if (!isGood) failed++;
  console.log(`${isGood ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  const text = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`;
  if (!isGood) console.log(text);
  else if (command === 'vitest')
    console.log(
      text
        .split('\n')
        .filter((line) => /^\s*(?:Test Files|Tests)\b/.test(line))
        .join('\n'),
    );
}
process.exitCode = failed === 0 ? 0 : 1;
