/**
 * What a kubelet knows of one pod that it runs, and how each thing that happens changes it: a pure reducer. What to do next is
 * pod-plan.ts, what to tell the API server pod-status.ts. Times are milliseconds since the epoch, from whoever sends the happening.
 */
import type { Pod } from './pod-types.ts';
import type { ProbeKind } from './probe-tally.ts';

export interface Exit {
  readonly code: number;
  /** Number of the signal that ended it, or undefined. */
  readonly signal: number | undefined;
  readonly startedAt: number;
  readonly finishedAt: number;
  /** Containers are numbered; a restarted one is a new one. */
  readonly id: string;
}

export type ContainerPhase =
  /** `later` is the reason once `at` has come: a failed pull reads as a back-off after a moment. */
  | { readonly is: 'waiting'; readonly reason: string; readonly message?: string; readonly later?: Later }
  | { readonly is: 'starting' }
  | { readonly is: 'running'; readonly startedAt: number; readonly id: string }
  | { readonly is: 'ended'; readonly exit: Exit };

export interface Later {
  readonly at: number;
  readonly reason: string;
  readonly message: string;
}

export interface ContainerRecord {
  readonly phase: ContainerPhase;
  /** How it ended the last time, while it waits or runs again. */
  readonly last: Exit | undefined;
  readonly restarts: number;
  /** Not started again before this. */
  readonly retryAt: number;
  /** How long the next restart will wait; 0: at once. */
  readonly backoffMs: number;
  /** Verdicts of the probes that the container has; absent before the first. */
  readonly probes: Readonly<Partial<Record<ProbeKind, boolean>>>;
  /** When SIGKILL follows, once it was asked to stop. */
  readonly stopBy: number | undefined;
}

export interface PodRecord {
  readonly seenAt: number;
  readonly volumes: 'none' | 'preparing' | 'ready';
  readonly volumesRetryAt: number;
  readonly containers: Readonly<Record<string, ContainerRecord>>;
  /** Set once its deletion was asked for: when its grace ends. */
  readonly killBy: number | undefined;
  /** Its activeDeadlineSeconds have passed. */
  readonly expired: boolean;
}

export interface BackoffTimes {
  readonly initialMs: number;
  readonly maxMs: number;
}

export type Happening =
  | { readonly type: 'volumes'; readonly state: 'preparing' | 'ready' }
  | { readonly type: 'volumes-failed'; readonly at: number }
  | { readonly type: 'starting'; readonly container: string }
  | { readonly type: 'started'; readonly container: string; readonly at: number; readonly id: string }
  | { readonly type: 'refused'; readonly container: string; readonly at: number; readonly reason: string; readonly message: string }
  | { readonly type: 'exited'; readonly container: string; readonly exit: Exit }
  | { readonly type: 'probed'; readonly container: string; readonly kind: ProbeKind; readonly pass: boolean }
  | { readonly type: 'stopping'; readonly container: string; readonly by: number }
  | { readonly type: 'delete'; readonly by: number }
  | { readonly type: 'expired' };

const fresh: ContainerRecord = {
  phase: { is: 'waiting', reason: 'ContainerCreating' },
  last: undefined,
  restarts: 0,
  retryAt: 0,
  backoffMs: 0,
  probes: {},
  stopBy: undefined,
};

/** A pod as first seen. One that already ran under an earlier kubelet (its processes ended with it) keeps its restart counts. */
export function newRecord(pod: Pod, now: number): PodRecord {
  const seen = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const initCount = pod.spec.initContainers?.length ?? 0;
  const containers: Record<string, ContainerRecord> = {};
  for (const [index, { name }] of [...(pod.spec.initContainers ?? []), ...pod.spec.containers].entries()) {
    const before = seen.find((status) => status.name === name);
    const restarts = before === undefined ? 0 : before.restartCount + (before.state.running === undefined ? 0 : 1);
    const reason = index >= initCount && initCount > 0 ? 'PodInitializing' : 'ContainerCreating';
    containers[name] = { ...fresh, restarts, phase: { is: 'waiting', reason } };
  }
  return { seenAt: now, volumes: 'none', volumesRetryAt: 0, containers, killBy: undefined, expired: false };
}

/** A container that runs this long has its back-off forgotten. */
const calmMs = 600_000;
const volumeRetryMs = 500;
const pullShownMs = 1000;

export function reduce(record: PodRecord, happening: Happening, backoff: BackoffTimes): PodRecord {
  switch (happening.type) {
    case 'volumes':
      return { ...record, volumes: happening.state };
    case 'volumes-failed':
      return { ...record, volumes: 'none', volumesRetryAt: happening.at + volumeRetryMs };
    case 'delete':
      return { ...record, killBy: Math.min(record.killBy ?? Number.POSITIVE_INFINITY, happening.by) };
    case 'expired':
      return { ...record, expired: true };
    default: {
      const before = record.containers[happening.container];
      if (before === undefined) return record;
      return { ...record, containers: { ...record.containers, [happening.container]: next(before, happening, backoff) } };
    }
  }
}

type ContainerHappening = Extract<Happening, { container: string }>;

function next(before: ContainerRecord, happening: ContainerHappening, backoff: BackoffTimes): ContainerRecord {
  switch (happening.type) {
    case 'starting': {
      const again = before.last !== undefined || before.phase.is === 'ended';
      const last = before.phase.is === 'ended' ? before.phase.exit : before.last;
      return {
        ...before,
        phase: { is: 'starting' },
        last,
        restarts: before.restarts + (again ? 1 : 0),
        probes: {},
        stopBy: undefined,
      };
    }
    case 'started':
      return { ...before, phase: { is: 'running', startedAt: happening.at, id: happening.id } };
    case 'refused':
      return refused(before, happening, backoff);
    case 'exited':
      return exited(before, happening.exit, backoff);
    case 'probed':
      return { ...before, probes: { ...before.probes, [happening.kind]: happening.pass } };
    case 'stopping':
      return { ...before, stopBy: happening.by };
  }
}

function longer(delayMs: number, { initialMs, maxMs }: BackoffTimes): number {
  return delayMs === 0 ? initialMs : Math.min(delayMs * 2, maxMs);
}

/** The first restart comes at once, later ones after a back-off that doubles. Whether it may restart at all is the plan's to say. */
function exited(before: ContainerRecord, exit: Exit, backoff: BackoffTimes): ContainerRecord {
  const delayMs = exit.finishedAt - exit.startedAt >= calmMs ? 0 : before.backoffMs;
  return {
    ...before,
    phase: { is: 'ended', exit },
    probes: {},
    stopBy: undefined,
    retryAt: exit.finishedAt + delayMs,
    backoffMs: longer(delayMs, backoff),
  };
}

/** It could not be started: pulls back off as restarts do; a wrong configuration is looked at again soon. It was no restart. */
function refused(
  before: ContainerRecord,
  { at, reason, message }: { at: number; reason: string; message: string },
  backoff: BackoffTimes,
): ContainerRecord {
  const restarts = before.last === undefined ? before.restarts : before.restarts - 1;
  if (reason !== 'ErrImagePull') {
    return { ...before, restarts, phase: { is: 'waiting', reason, message }, retryAt: at + 1000 };
  }
  const delayMs = longer(before.backoffMs, backoff);
  const image = /image "([^"]*)"/.exec(message)?.[1] ?? '';
  const later = {
    at: at + pullShownMs,
    reason: 'ImagePullBackOff',
    message: `Back-off pulling image "${image}": ErrImagePull: ${message}`,
  };
  return { ...before, restarts, phase: { is: 'waiting', reason, message, later }, retryAt: at + delayMs, backoffMs: delayMs };
}
