/**
 * Asks expr-lang itself about every expression of the fixture and writes its answers back: `node tools/expr-fixture.ts`, with Go installed.
 * To add a case, add a line with its `expr` (and `env`) to the fixture and run this. The test beside the condition language holds ours to the answers.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('expr-oracle/', import.meta.url));
const fixture = fileURLToPath(new URL('../test/fixtures/expr-lang.json', import.meta.url));

interface Case {
  readonly expr: string;
  readonly env?: Readonly<Record<string, unknown>>;
  /** The environment comes out of JSON: lists hold anything. */
  readonly json?: boolean;
}

const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
const cases = JSON.parse(readFileSync(fixture, 'utf8')) as readonly (Case & { readonly answer?: unknown })[];
const input = cases.map(({ expr, env, json }) => JSON.stringify({ expr, env, json })).join('\n');
const answers = lines(
  execFileSync('go', ['run', '.'], { cwd: folder, input, encoding: 'utf8', maxBuffer: 1 << 26, timeout: 300_000 }),
);
if (answers.length !== cases.length) throw new Error(`${answers.length} answers to ${cases.length} expressions`);
const rows = cases.map((row, index) => JSON.stringify({ ...row, answer: JSON.parse(answers[index] ?? '{}') as unknown }));
writeFileSync(fixture, `[\n${rows.join(',\n')}\n]\n`);
