/** Jobs as Kubernetes runs them: pods until enough have succeeded, too many have failed, or the time is up. */
import type { KubeObject, LabelSelector, PodTemplate, Resource } from '../../api/kubernetes.ts';
import { parseKeyText } from '../../runtime/object-key.ts';
import { jobs as jobKind } from '../api-server/builtin-kinds.ts';
import { KeyedWork } from './keyed-work.ts';
import {
  type Condition,
  controllerOf,
  isActive,
  isReady,
  type Kube,
  ownerKey,
  ownerReference,
  type Pod,
  type PodIndex,
  podResource,
  timeText,
  withCondition,
} from './kube.ts';

export interface Job extends KubeObject {
  readonly spec: {
    readonly parallelism?: number;
    readonly completions?: number;
    readonly backoffLimit?: number;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly suspend?: boolean;
    readonly selector?: LabelSelector;
    readonly template: PodTemplate;
  };
  readonly status?: {
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly Condition[];
  };
}

export const jobs = jobKind as Resource<Job>;
const actor = 'job-controller';
const firstBackoffMs = 10_000;

interface Counts {
  readonly active: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
}

interface Verdict {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

export class JobController {
  readonly #kube: Kube;
  readonly #pods: PodIndex;
  readonly #work: KeyedWork;

  constructor(kube: Kube, pods: PodIndex) {
    this.#kube = kube;
    this.#pods = pods;
    const random = kube.random.split(actor);
    this.#work = new KeyedWork({ clock: kube.clock, delayMs: () => random.integer(5, 100), look: (key) => this.#look(key) });
    const { storage } = kube.server;
    storage.onChange('batch/jobs', ({ key, isGone }) => {
      if (!isGone) this.#work.enqueue(key);
    });
    storage.onChange('/pods', ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'Job') this.#work.enqueue(ownerKey(object, owner));
    });
  }

  #look(key: string): number | undefined {
    const job = this.#kube.server.get(jobs, parseKeyText(key));
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
    const ended = endOf(job);
    if (ended !== undefined) return this.#afterEnd(job, ended);
    const now = this.#kube.clock.now();
    if (job.spec.suspend === true) {
      for (const pod of this.#count(job).active) this.#kube.server.delete(podResource, pod.metadata, {}, actor);
      this.#report(job, { active: [], succeeded: job.status?.succeeded ?? 0, failed: job.status?.failed ?? 0 }, undefined);
      return undefined;
    }
    const startedMs = job.status?.startTime === undefined ? now : Date.parse(job.status.startTime);
    const counts = this.#count(job);
    const verdict = verdictOf(job, counts, now - startedMs);
    if (verdict !== undefined) {
      for (const pod of counts.active) this.#kube.server.delete(podResource, pod.metadata, {}, actor);
      this.#report(job, { ...counts, active: [] }, verdict);
      return undefined;
    }
    const waitMs = this.#fill(job, counts, now);
    this.#report(job, this.#count(job), undefined);
    const deadlineMs =
      job.spec.activeDeadlineSeconds === undefined ? undefined : startedMs + job.spec.activeDeadlineSeconds * 1000 - now;
    const next = Math.min(waitMs ?? Number.POSITIVE_INFINITY, deadlineMs ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(next) ? Math.max(1, next) : undefined;
  }

  /** Starts what is missing; the milliseconds until it may, where failures are backed off from. */
  #fill(job: Job, { active, succeeded, failed }: Counts, nowMs: number): number | undefined {
    const left = (job.spec.completions ?? 1) - succeeded;
    const missing = Math.min(job.spec.parallelism ?? 1, left) - active.length;
    if (missing <= 0) return undefined;
    const backoffMs = failed === 0 ? 0 : Math.min(360_000, firstBackoffMs * 2 ** (failed - 1));
    const lastMs = Math.max(
      0,
      ...[...this.#pods.ownedBy(job.metadata.uid ?? '')].filter(({ status }) => status?.phase === 'Failed').map(finishedMs),
    );
    const waitMs = failed === 0 ? 0 : lastMs + backoffMs - nowMs;
    if (waitMs > 0) return waitMs;
    for (let made = 0; made < missing; made++) this.#create(job);
    return undefined;
  }

  #create(job: Job): void {
    const { name, namespace } = job.metadata;
    const { metadata, spec } = job.spec.template;
    const pod = {
      metadata: { name: '', generateName: `${name}-`, namespace, ...metadata, ownerReferences: [ownerReference(jobs, job)] },
      spec: spec ?? {},
    };
    this.#kube.server.create(podResource, pod, actor);
  }

  #count({ metadata: { uid = '' } }: Job): Counts {
    const pods = [...this.#pods.ownedBy(uid)];
    return {
      active: pods.filter(isActive),
      succeeded: pods.filter(({ status }) => status?.phase === 'Succeeded').length,
      failed: pods.filter(({ status }) => status?.phase === 'Failed').length,
    };
  }

  #report(job: Job, { active, succeeded, failed }: Counts, verdict: Verdict | undefined): void {
    const now = this.#kube.clock.now();
    const early =
      verdict === undefined
        ? []
        : [
            verdict.type === 'Complete' ? { ...verdict, type: 'SuccessCriteriaMet' } : { ...verdict, type: 'FailureTarget' },
            verdict,
          ];
    const conditions = early.reduce<readonly Condition[] | undefined>(
      (all, one) => withCondition(all, { ...one, status: 'True' }, now),
      job.status?.conditions,
    );
    const ready = active.filter(isReady).length;
    const status = {
      ...(conditions !== undefined && { conditions }),
      ...(job.spec.suspend === true ? {} : { startTime: job.status?.startTime ?? timeText(now) }),
      ...(active.length > 0 && { active: active.length }),
      ...(succeeded > 0 && { succeeded }),
      ...(failed > 0 && { failed }),
      ...(verdict?.type === 'Complete' && { completionTime: timeText(now) }),
      ready,
    };
    this.#kube.server.write(jobs, { ...job, status }, actor);
  }

  #afterEnd(job: Job, endedMs: number): number | undefined {
    const { ttlSecondsAfterFinished } = job.spec;
    if (ttlSecondsAfterFinished === undefined) return undefined;
    const leftMs = endedMs + ttlSecondsAfterFinished * 1000 - this.#kube.clock.now();
    if (leftMs > 0) return leftMs;
    this.#kube.server.delete(jobs, job.metadata, { propagation: 'Foreground' }, actor);
    return undefined;
  }
}

function verdictOf(job: Job, { succeeded, failed }: Counts, ranMs: number): Verdict | undefined {
  const { completions = 1, backoffLimit = 6, activeDeadlineSeconds } = job.spec;
  if (succeeded >= completions)
    return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
  if (failed > backoffLimit)
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  if (activeDeadlineSeconds !== undefined && ranMs >= activeDeadlineSeconds * 1000)
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  return undefined;
}

/** When it ended, in milliseconds since 1970. */
function endOf({ status }: Job): number | undefined {
  const end = status?.conditions?.find(({ type, status: word }) => (type === 'Complete' || type === 'Failed') && word === 'True');
  return end?.lastTransitionTime === undefined ? undefined : Date.parse(end.lastTransitionTime);
}

function finishedMs({ status }: Pod): number {
  const [container] = status?.containerStatuses ?? [];
  const { terminated } = (container?.state ?? {}) as { terminated?: { finishedAt?: string } };
  return terminated?.finishedAt === undefined ? 0 : Date.parse(terminated.finishedAt);
}
