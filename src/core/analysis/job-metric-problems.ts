/** What is wrong with a metric of the provider job, as far as it can be said before the API server has looked at the Job. */
import type { JobMetric } from '../../api/analysis-template.ts';
import type { Problem } from '../../api/problem.ts';

const RESTART_POLICIES: ReadonlySet<unknown> = new Set(['Never', 'OnFailure']);

/** Paths begin at the block: `spec.template.spec.containers`. */
export function jobMetricProblems({ spec }: JobMetric): readonly Problem[] {
  const pod = mapAt(mapAt(spec, 'template'), 'spec');
  if (spec === undefined || pod === undefined) {
    return [
      { path: 'spec.template.spec', message: 'a Job needs the pod that does the work, with containers and restartPolicy: Never' },
    ];
  }
  const problems: Problem[] = [];
  const containers = pod.containers;
  if (!Array.isArray(containers) || containers.length === 0) {
    problems.push({ path: 'spec.template.spec.containers', message: 'must have at least one container' });
  }
  if (!isOpen(pod.restartPolicy) && !RESTART_POLICIES.has(pod.restartPolicy)) {
    const got = pod.restartPolicy === undefined ? 'nothing, which means Always' : JSON.stringify(pod.restartPolicy);
    problems.push({ path: 'spec.template.spec.restartPolicy', message: `must be Never or OnFailure in a Job, got ${got}` });
  }
  if (spec.manualSelector === true) {
    problems.push({ path: 'spec.manualSelector', message: "must be absent: the Job's own selector finds its pods and no others" });
  }
  return problems;
}

function mapAt(map: Readonly<Record<string, unknown>> | undefined, key: string): Readonly<Record<string, unknown>> | undefined {
  const value = map?.[key];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}

/** An argument is still to be filled in. */
function isOpen(value: unknown): boolean {
  return typeof value === 'string' && value.includes('{{');
}
