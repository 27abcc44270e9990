/** The gate of the code: Semgrep with our own rules, whose findings are held against the exceptions one by one. */
import { join } from 'node:path';
import { z } from 'zod';
import type { Exception } from './exceptions.ts';
import type { Verdict, Workplace } from './gate.ts';
import { runTool } from './run-tool.ts';

const found = z.object({
  results: z.array(
    z.object({
      check_id: z.string(),
      path: z.string(),
      start: z.object({ line: z.number() }),
      extra: z.object({ message: z.string() }),
    }),
  ),
  errors: z.array(z.object({ message: z.string() })),
});

type Finding = z.infer<typeof found>['results'][number];

const rules = ['program.yaml', 'workflows.yaml'].map((name) => join(import.meta.dirname, 'rules', name));
/** Tests may plant what the program must not have. */
const out = ['node_modules', 'dist', 'test', '*.test.ts'];

export async function lookAtCode({ root, exceptions, tool }: Workplace): Promise<Verdict> {
  const args = ['scan', '--json', '--metrics=off', '--disable-version-check', '--quiet', '--no-git-ignore', '--jobs=2'];
  const which = [...out.flatMap((name) => ['--exclude', name]), ...rules.flatMap((rule) => ['--config', rule])];
  const { output } = await runTool(await tool('semgrep'), [...args, ...which, '.'], { cwd: root });
  const { results, errors } = found.parse(JSON.parse(output.slice(output.indexOf('{'))));
  const left = results.filter((finding) => !exceptions.some((exception) => isMeant(exception, finding)));
  const lines = left.map(({ check_id, path, start, extra }) => `${path}:${start.line} ${ruleOf(check_id)}: ${extra.message}`);
  return { passed: left.length + errors.length === 0, output: [...lines, ...errors.map(({ message }) => message)].join('\n') };
}

/** Semgrep puts the folder of the rules before their names. */
const ruleOf = (id: string): string => id.slice(id.lastIndexOf('.') + 1);

function isMeant({ rule, where = '' }: Exception, { check_id, path }: Finding): boolean {
  return rule === ruleOf(check_id) && path.startsWith(where);
}
