/** The gate of secrets: Gitleaks over the whole history, whose findings are held against the exceptions one by one. Shows no secret. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Exception } from './exceptions.ts';
import type { Verdict, Workplace } from './gate.ts';
import { runTool } from './run-tool.ts';

const found = z.array(z.object({ RuleID: z.string(), File: z.string(), StartLine: z.number(), Commit: z.string() }));

type Finding = z.infer<typeof found>[number];

export async function lookForSecrets({ root, exceptions, tool }: Workplace): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-secrets-'));
  try {
    const report = join(folder, 'report.json');
    const args = [
      'git',
      '--no-banner',
      '--no-color',
      '--redact',
      '--exit-code=0',
      '--report-format=json',
      '--report-path',
      report,
      '.',
    ];
    const made = await runTool(await tool('gitleaks'), args, { cwd: root });
    if (!made.passed) return made;
    const findings = found.parse(JSON.parse(await readFile(report, 'utf8')));
    const left = findings.filter((finding) => !exceptions.some((exception) => isMeant(exception, finding)));
    const lines = left.map(
      ({ RuleID, File, StartLine, Commit }) => `${File}:${StartLine} ${RuleID}, in commit ${Commit.slice(0, 12)}`,
    );
    return { passed: left.length === 0, output: lines.join('\n') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isMeant({ rule, where = '' }: Exception, { RuleID, File }: Finding): boolean {
  return rule === RuleID && File.startsWith(where);
}
