/**
 * The status of a pod as a kubelet reports it: a pure function of spec, record and the conditions that are already known, whose
 * transition times it keeps.
 */
import { hasStarted, isAlive, isOver, isPassed, isSidecar, mayRestart } from './pod-plan.ts';
import type { ContainerRecord, Exit, PodRecord } from './pod-record.ts';
import type {
  Container,
  ContainerStateStatus,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
  TerminatedState,
} from './pod-types.ts';

export interface StatusContext {
  readonly now: number;
  readonly podIp: string;
  readonly hostIp: string;
  /** The conditions as last seen or written; those of others (readiness gates) are read, never written. */
  readonly conditions: readonly PodCondition[];
}

/** RFC 3339 in whole seconds, as the API server keeps times. */
export function timestamp(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

export function podStatus(pod: Pod, record: PodRecord, context: StatusContext): PodStatus {
  const phase = phaseOf(pod, record);
  const own = (containers: readonly Container[], isInit: boolean) =>
    containers.map((container) => containerStatus(pod, container, record, { isInit, now: context.now }));
  const mains = own(pod.spec.containers, false);
  const generation = pod.metadata.generation;
  return {
    phase,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(record.expired
      ? { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
      : {}),
    startTime: pod.status?.startTime ?? timestamp(record.seenAt),
    hostIP: context.hostIp,
    hostIPs: [{ ip: context.hostIp }],
    podIP: context.podIp,
    podIPs: [{ ip: context.podIp }],
    conditions: conditionsOf(pod, record, { phase, mains, context }),
    ...(pod.spec.initContainers === undefined ? {} : { initContainerStatuses: own(pod.spec.initContainers, true) }),
    containerStatuses: mains,
  };
}

function allInitialized(pod: Pod, record: PodRecord): boolean {
  const hasBegun = pod.spec.containers.some(
    ({ name }) => record.containers[name]?.last !== undefined || isEndedOrAlive(record, name),
  );
  return hasBegun || (pod.spec.initContainers ?? []).every((init) => isPassed(init, record));
}

function isEndedOrAlive(record: PodRecord, name: string): boolean {
  const known = record.containers[name];
  return isAlive(known) || known?.phase.is === 'ended';
}

function phaseOf(pod: Pod, record: PodRecord): string {
  const states = pod.spec.containers.map(({ name }) => record.containers[name]);
  const exits = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter((init) => !isSidecar(init))].flatMap(
    ({ name }) => {
      const phase = record.containers[name]?.phase;
      return phase?.is === 'ended' ? [phase.exit] : [];
    },
  );
  const isQuiet = [...Object.values(record.containers)].every((known) => !isAlive(known));
  if (isQuiet && record.expired) return 'Failed';
  if (isQuiet && (isOver(pod.spec, record) || (record.killBy !== undefined && exits.length > 0))) {
    return exits.some(({ code }) => code !== 0) ? 'Failed' : 'Succeeded';
  }
  if (!allInitialized(pod, record)) return 'Pending';
  const isUnstarted = states.some(
    (known) => known?.phase.is !== 'running' && known?.phase.is !== 'ended' && known?.last === undefined,
  );
  return isUnstarted ? 'Pending' : 'Running';
}

function containerStatus(
  pod: Pod,
  container: Container,
  record: PodRecord,
  { isInit, now }: { isInit: boolean; now: number },
): ContainerStatus {
  const known = record.containers[container.name];
  if (known === undefined) throw new Error(`container ${container.name} has no record`);
  const started = isInit && !isSidecar(container) ? isAlive(known) : hasStarted(container, known);
  const isDone = known.phase.is === 'ended' && known.phase.exit.code === 0;
  const ready = isInit && !isSidecar(container) ? isDone : isReady(container, known);
  const state = stateOf(pod, container, known, { isInit, now, isEnding: record.killBy !== undefined || record.expired });
  const shownAsLast = known.phase.is === 'ended' && state.waiting !== undefined ? known.phase.exit : known.last;
  const id = known.phase.is === 'running' ? known.phase.id : known.phase.is === 'ended' ? known.phase.exit.id : known.last?.id;
  return {
    name: container.name,
    image: container.image,
    imageID: known.phase.is === 'waiting' && known.last === undefined ? '' : `process://${container.image}`,
    ...(id === undefined ? {} : { containerID: id }),
    ready,
    started,
    restartCount: known.restarts,
    state,
    lastState: shownAsLast === undefined ? {} : { terminated: terminated(shownAsLast) },
  };
}

function isReady(container: Container, known: ContainerRecord): boolean {
  return hasStarted(container, known) && (container.readinessProbe === undefined || known.probes.readiness === true);
}

function stateOf(
  pod: Pod,
  container: Container,
  known: ContainerRecord,
  { isInit, now, isEnding }: { isInit: boolean; now: number; isEnding: boolean },
): ContainerStateStatus {
  const { phase } = known;
  switch (phase.is) {
    case 'running':
      return { running: { startedAt: timestamp(phase.startedAt) } };
    case 'starting':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'waiting': {
      const { reason, message } = phase.later !== undefined && phase.later.at <= now ? phase.later : phase;
      return { waiting: { reason, ...(message === undefined ? {} : { message }) } };
    }
    case 'ended': {
      const delayMs = known.retryAt - phase.exit.finishedAt;
      if (isEnding || delayMs === 0 || !mayRestart(pod.spec, container, phase.exit, isInit))
        return { terminated: terminated(phase.exit) };
      return { waiting: { reason: 'CrashLoopBackOff', message: backoffMessage(pod, container, delayMs) } };
    }
  }
}

export function backoffMessage(pod: Pod, container: Container, delayMs: number): string {
  const { name, namespace, uid } = pod.metadata;
  return `back-off ${delayMs / 1000}s restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
}

function terminated(exit: Exit): TerminatedState {
  return {
    exitCode: exit.code,
    ...(exit.signal === undefined ? {} : { signal: exit.signal }),
    reason: exit.code === 0 ? 'Completed' : 'Error',
    startedAt: timestamp(exit.startedAt),
    finishedAt: timestamp(exit.finishedAt),
    containerID: exit.id,
  };
}

interface ConditionInputs {
  readonly phase: string;
  readonly mains: readonly ContainerStatus[];
  readonly context: StatusContext;
}

function conditionsOf(pod: Pod, record: PodRecord, { phase, mains, context }: ConditionInputs): PodCondition[] {
  const isDone = phase === 'Succeeded';
  const unready = mains.filter(({ ready }) => !ready).map(({ name }) => name);
  const notReady = { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const containersReady = unready.length === 0 && phase !== 'Failed';
  const containers = isDone
    ? { reason: 'PodCompleted' }
    : phase === 'Failed'
      ? { reason: 'PodFailed' }
      : containersReady
        ? {}
        : notReady;
  const blocked = (pod.spec.readinessGates ?? []).filter(
    ({ conditionType }) => context.conditions.find(({ type }) => type === conditionType)?.status !== 'True',
  );
  const ready = !containersReady
    ? containers
    : blocked.length > 0
      ? {
          reason: 'ReadinessGatesNotReady',
          message: blocked
            .map(({ conditionType }) => `the status of pod readiness gate "${conditionType}" is not "True"`)
            .join(', '),
        }
      : {};
  const isInitialized = isDone || allInitialized(pod, record);
  const pending = (pod.spec.initContainers ?? []).filter((init) => !isPassed(init, record)).map(({ name }) => name);
  const initialized = isInitialized
    ? {}
    : { reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${pending.join(' ')}]` };
  const condition = (type: string, isTrue: boolean, why: { reason?: string; message?: string }): PodCondition => {
    const status = isTrue ? 'True' : 'False';
    const before = context.conditions.find((known) => known.type === type);
    const since = before?.status === status ? before.lastTransitionTime : undefined;
    return { type, status, ...why, lastTransitionTime: since ?? timestamp(context.now) };
  };
  return [
    condition('PodReadyToStartContainers', record.volumes === 'ready', {}),
    condition('Initialized', isInitialized, initialized),
    condition('Ready', containersReady && blocked.length === 0, ready),
    condition('ContainersReady', containersReady, containers),
    condition('PodScheduled', true, {}),
  ];
}
