/**
 * What to do next with a pod: a pure function of its spec, its record and the time. Every action is idempotent as long as its
 * happening (`starting`, `stopping`, ...) is recorded before the next plan is made.
 */
import type { ContainerRecord, Exit, PodRecord } from './pod-record.ts';
import type { Container, Pod, PodSpec } from './pod-types.ts';

export type Action =
  | { readonly do: 'prepare-volumes' }
  | { readonly do: 'start'; readonly container: string }
  /** preStop, SIGTERM, and SIGKILL at `by`. */
  | {
      readonly do: 'stop';
      readonly container: string;
      readonly by: number;
      readonly reason: 'deleted' | 'unhealthy' | 'expired' | 'done';
    }
  | { readonly do: 'expire' }
  /** Nothing of it runs any more and its deletion was asked for. */
  | { readonly do: 'finish' };

export interface Plan {
  readonly actions: readonly Action[];
  /** Look again at this time, if nothing happens before. */
  readonly wakeAt: number | undefined;
}

const defaultGraceSeconds = 30;

export function planPod(pod: Pod, record: PodRecord, now: number): Plan {
  if (record.killBy !== undefined) return { actions: ending(pod.spec, record, record.killBy, 'deleted'), wakeAt: undefined };
  if (record.expired) return { actions: ending(pod.spec, record, now + graceMs(pod.spec), 'expired'), wakeAt: undefined };
  const deadline = deadlineOf(pod, record);
  if (deadline !== undefined && deadline <= now && !isOver(pod.spec, record))
    return { actions: [{ do: 'expire' }], wakeAt: undefined };
  const { actions, times } = running(pod.spec, record, now);
  if (deadline !== undefined) times.push(deadline);
  const future = times.filter((time) => time > now);
  return { actions, wakeAt: future.length === 0 ? undefined : Math.min(...future) };
}

function deadlineOf(pod: Pod, record: PodRecord): number | undefined {
  const seconds = pod.spec.activeDeadlineSeconds;
  return seconds === undefined ? undefined : record.seenAt + seconds * 1000;
}

function graceMs(spec: PodSpec): number {
  return (spec.terminationGracePeriodSeconds ?? defaultGraceSeconds) * 1000;
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always';
}

/** True while there is, or may be, a process. */
export function isAlive(record: ContainerRecord | undefined): boolean {
  return record?.phase.is === 'running' || record?.phase.is === 'starting';
}

export function mayRestart(spec: PodSpec, container: Container, exit: Exit, isInit: boolean): boolean {
  if (isInit && isSidecar(container)) return true;
  const policy = spec.restartPolicy ?? 'Always';
  if (isInit) return exit.code !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && exit.code !== 0);
}

/** True when the main containers (or an init container) have ended and nothing will start them again. */
export function isOver(spec: PodSpec, record: PodRecord): boolean {
  const endedForGood = (container: Container, isInit: boolean) => {
    const phase = record.containers[container.name]?.phase;
    return phase?.is === 'ended' && !mayRestart(spec, container, phase.exit, isInit) ? phase.exit : undefined;
  };
  if (spec.initContainers?.some((init) => (endedForGood(init, true)?.code ?? 0) !== 0) === true) return true;
  return spec.containers.every((container) => endedForGood(container, false) !== undefined);
}

/** Main containers first, all at once; sidecars after them. */
function ending(spec: PodSpec, record: PodRecord, by: number, reason: 'deleted' | 'expired' | 'done'): Action[] {
  const alive = (container: Container) => isAlive(record.containers[container.name]);
  const mains = [...spec.containers, ...(spec.initContainers ?? []).filter((init) => !isSidecar(init))].filter(alive);
  const batch = mains.length > 0 ? mains : (spec.initContainers ?? []).filter(alive);
  if (batch.length === 0) return reason === 'deleted' ? [{ do: 'finish' }] : [];
  return batch.flatMap(({ name }): Action[] => {
    const known = record.containers[name];
    if (known?.phase.is !== 'running') return [];
    const isAsked = known.stopBy !== undefined && (reason !== 'deleted' || known.stopBy <= by);
    return isAsked ? [] : [{ do: 'stop', container: name, by, reason }];
  });
}

function running(spec: PodSpec, record: PodRecord, now: number): { actions: Action[]; times: number[] } {
  if (isOver(spec, record)) return { actions: ending(spec, record, now + graceMs(spec), 'done'), times: [] };
  if (record.volumes !== 'ready') {
    const isDue = record.volumes === 'none' && record.volumesRetryAt <= now;
    return { actions: isDue ? [{ do: 'prepare-volumes' }] : [], times: [record.volumesRetryAt] };
  }
  const actions: Action[] = [];
  const times: number[] = [];
  const consider = (container: Container, isInit: boolean) => {
    const step = stepOf(spec, container, record, { isInit, now });
    if (step.action !== undefined) actions.push(step.action);
    times.push(...step.times);
  };
  for (const init of spec.initContainers ?? []) {
    consider(init, true);
    if (!isPassed(init, record)) return { actions, times };
  }
  for (const container of spec.containers) consider(container, false);
  return { actions, times };
}

/** An init container lets the next one begin: a sidecar once it has started, another once it has succeeded. */
export function isPassed(init: Container, record: PodRecord): boolean {
  const known = record.containers[init.name];
  if (known?.phase.is === 'ended') return known.phase.exit.code === 0 && !isSidecar(init);
  return isSidecar(init) && known?.phase.is === 'running' && hasStarted(init, known);
}

export function hasStarted(container: Container, record: ContainerRecord): boolean {
  return record.phase.is === 'running' && (container.startupProbe === undefined || record.probes.startup === true);
}

function stepOf(
  spec: PodSpec,
  container: Container,
  record: PodRecord,
  { isInit, now }: { isInit: boolean; now: number },
): { action?: Action; times: number[] } {
  const known = record.containers[container.name];
  if (known === undefined) return { times: [] };
  const { phase } = known;
  if (phase.is === 'running') {
    const failed = (['startup', 'liveness'] as const).find((kind) => known.probes[kind] === false);
    if (failed === undefined || known.stopBy !== undefined) return { times: [] };
    const probe = failed === 'startup' ? container.startupProbe : container.livenessProbe;
    const seconds = probe?.terminationGracePeriodSeconds;
    const by = now + (seconds === undefined ? graceMs(spec) : seconds * 1000);
    return { action: { do: 'stop', container: container.name, by, reason: 'unhealthy' }, times: [] };
  }
  const later = phase.is === 'waiting' && phase.later !== undefined ? [phase.later.at] : [];
  const wantsStart = phase.is === 'waiting' || (phase.is === 'ended' && mayRestart(spec, container, phase.exit, isInit));
  if (!wantsStart) return { times: [] };
  if (known.retryAt <= now) return { action: { do: 'start', container: container.name }, times: [] };
  return { times: [known.retryAt, ...later] };
}
