/** What became of a Job, from its conditions and its pods: only names, reasons and exit codes, since what programs write may hold secrets. */
import type { Job, PodOfJob } from '../../../api/kubernetes.ts';
import type { LastingAnswer } from '../metric-provider.ts';

type Ended = Extract<LastingAnswer, { state: 'ended' }>;

const HOPELESS: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);
const MAX_SUMMARY = 500;

export function isFinished({ status }: Job): boolean {
  return finalCondition(status) !== undefined;
}

/** Undefined while it goes on. */
export function endOf(job: Job, pods: readonly PodOfJob[]): Ended | undefined {
  const { namespace = '', name } = job.metadata;
  const condition = finalCondition(job.status);
  const text = exitSummary(pods);
  if (condition?.type === 'Complete') return { state: 'ended', end: 'complete', text };
  if (condition !== undefined) {
    const why = [condition.reason, condition.message].filter((part) => part !== undefined && part !== '').join(': ');
    const message = `Job ${name} failed${why === '' ? '' : `: ${why}`}; see kubectl -n ${namespace} logs job/${name}`;
    return { state: 'ended', end: 'failed', text, message };
  }
  const stuck = pods.flatMap((pod) => statusesOf(pod).filter(({ state }) => HOPELESS.has(state?.waiting?.reason ?? '')))[0];
  if (stuck === undefined) return undefined;
  const message = `container ${stuck.name} of Job ${name} does not start: ${stuck.state?.waiting?.reason}`;
  return { state: 'ended', end: 'unclear', text, message };
}

function finalCondition(status: Job['status']) {
  return status?.conditions?.find((one) => one.status === 'True' && (one.type === 'Complete' || one.type === 'Failed'));
}

/** How the containers of the newest pod that ended did: `main: Error (exit code 3)`. */
function exitSummary(pods: readonly PodOfJob[]): string {
  const newestFirst = [...pods].sort((a, b) => (createdAt(a) < createdAt(b) ? 1 : -1));
  const summaries = newestFirst.map((pod) =>
    statusesOf(pod)
      .flatMap(({ name, state }) => {
        const ended = state?.terminated;
        return ended === undefined ? [] : [`${name}: ${ended.reason ?? 'ended'} (exit code ${ended.exitCode})`];
      })
      .join('; '),
  );
  return (summaries.find((summary) => summary !== '') ?? '').slice(0, MAX_SUMMARY);
}

function createdAt({ metadata }: PodOfJob): string {
  return metadata.creationTimestamp ?? '';
}

function statusesOf({ status }: PodOfJob) {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}
