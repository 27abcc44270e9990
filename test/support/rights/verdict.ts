/** Compares what the chart grants with what a run of the tests used, in both directions. */
import { lentOnPurpose, refusedOnPurpose, unusedOnPurpose } from './exceptions.ts';
import type { UsedRights } from './used.ts';

export interface RightsOfRun {
  readonly granted: readonly string[];
  readonly used: UsedRights;
}

/** Name of the variable of the environment that says where the end of the shared cluster writes a RightsOfRun. */
export const rightsReport = 'RAMPART_RIGHTS_REPORT';

/** What is wrong, a line each. `whole`: every test ran, so a right that nobody used is not needed, and an exception that nobody made neither. */
export function rightsProblems({ granted, used }: RightsOfRun, whole: boolean): readonly string[] {
  const refused = Object.entries(used.refused).filter(([right]) => !(right in refusedOnPurpose));
  const lent = Object.entries(used.lent).filter(([right]) => !(right in lentOnPurpose));
  const secrets = [...Object.keys(used.allowed), ...Object.keys(used.lent), ...Object.keys(used.refused)].filter((right) =>
    /^(?!get )\S+ secrets$/.test(right),
  );
  return [
    ...refused.map(([right, where]) => `used, not granted: ${right} (${where})`),
    ...lent.map(([right, role]) => `used, granted by the role ${role} and not by the chart: ${right}`),
    ...secrets.map((right) => `Secrets are read by name alone, and there was: ${right}`),
    ...(whole ? unused({ granted, used }) : []),
  ];
}

function unused({ granted, used }: RightsOfRun): readonly string[] {
  const never = granted.filter((right) => !(right in used.allowed));
  const stale = (exceptions: Readonly<Record<string, string>>, seen: (right: string) => boolean) =>
    Object.keys(exceptions).filter((right) => !seen(right));
  return [
    ...never.filter((right) => !(right in unusedOnPurpose)).map((right) => `granted, never used: ${right}`),
    ...stale(unusedOnPurpose, (right) => granted.includes(right)).map(
      (right) => `excepted as never used, and never granted: ${right}`,
    ),
    ...stale(refusedOnPurpose, (right) => right in used.refused).map((right) => `excepted as refused, and never was: ${right}`),
  ];
}

export function rightsSummary({ granted, used }: RightsOfRun, problems: readonly string[], whole: boolean): string {
  const seen = granted.filter((right) => right in used.allowed).length;
  const scope = whole ? 'the whole run' : 'a part of the tests, so that unused rights say nothing';
  const head = `Rights of the chart's account: ${seen} of ${granted.length} used (${scope}).`;
  if (problems.length === 0) return head;
  const list = problems.map((problem) => `  - ${problem}`).join('\n');
  return `${head}\nThe chart (templates/_helpers.tpl, rbac.yaml) and the tests disagree; exceptions, each with its reason, are in test/support/rights/exceptions.ts:\n${list}`;
}
