/** Finds the tests that did not run in vitest's JSON report, and tells of them so that nobody overlooks it. */
import { readFile } from 'node:fs/promises';

export interface Skipped {
  readonly what: string;
  readonly why: string;
}

interface Report {
  readonly testResults?: readonly {
    readonly name: string;
    readonly assertionResults?: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly meta?: { readonly skipReason?: string };
    }[];
  }[];
}

const notRun = new Set(['skipped', 'pending', 'todo', 'disabled']);

/** Empty when there is no report, as when vitest itself failed to start. */
export async function readSkipped(file: string): Promise<readonly Skipped[]> {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const report = JSON.parse(text) as Report;
  return (report.testResults ?? []).flatMap((result) =>
    (result.assertionResults ?? [])
      .filter((test) => notRun.has(test.status))
      .map((test) => ({ what: `${result.name}: ${test.fullName}`, why: `marked ${test.status} in the test file` })),
  );
}

export function skipReport(skipped: readonly Skipped[], ci: boolean): string {
  const line = '='.repeat(78);
  const list = skipped.map(({ what, why }) => `  - ${what}\n    ${why}`).join('\n');
  const verdict = ci ? 'CI is set, so this run fails.' : 'These promises were NOT checked by this run.';
  return `\n${line}\nSKIPPED: ${skipped.length}\n${list}\n${verdict}\n${line}`;
}
