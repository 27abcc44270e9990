/** What is to be written of the ReplicaSets and Services of an experiment: all of them while it goes on, none of them a while after it. */
import type { ReplicaSet, Service } from '../../api/kubernetes.ts';
import { annotations, labels } from '../../api/names.ts';
import { timestamp } from '../rollout/situation.ts';
import type { ExperimentEffect } from './decision.ts';
import { newReplicaSet } from './members.ts';
import type { Situation } from './situation.ts';

const defaultScaleDownDelaySeconds = 30;

/** While it goes on: what is missing is made, what was changed in the spec is followed, what is no longer wanted goes. */
export function keepUp({ experiment, members, others, observed, frozen }: Situation): readonly ExperimentEffect[] {
  if (frozen) return [];
  const made: ExperimentEffect[] = [];
  const changed: ExperimentEffect[] = [];
  const services: ExperimentEffect[] = [];
  for (const member of members) {
    const { template, replicaSet, service } = member;
    if (replicaSet === undefined) {
      made.push({ kind: 'create-replica-set', template: template.name, replicaSet: newReplicaSet(experiment, member) });
    } else changed.push(...follow(replicaSet, member.wanted, template.minReadySeconds ?? 0));
    if (service === undefined) continue;
    const live = observed.services.find(({ metadata }) => metadata.name === service.metadata.name);
    if (live === undefined) services.push({ kind: 'create-service', template: template.name, service });
    else if (hashBehind(live) !== member.hash) {
      const { name, uid = '' } = live.metadata;
      services.push({ kind: 'patch-service', name, uid, spec: service.spec });
    }
  }
  const wanted = new Set(members.map(({ service }) => service?.metadata.name));
  const stray = observed.services.filter(({ metadata }) => !wanted.has(metadata.name) && metadata.deletionTimestamp === undefined);
  return [
    ...made,
    ...changed,
    ...services,
    ...(observed.inUse ? [] : stray.map(({ metadata: { name, uid = '' } }) => ({ kind: 'delete-service', name, uid }) as const)),
    ...others.filter(hasPods).map((one) => resized(one, 0)),
  ];
}

function hashBehind({ spec }: Service): string | undefined {
  return spec.selector?.[labels.podTemplateHash];
}

function follow(replicaSet: ReplicaSet, wanted: number, minReadySeconds: number): readonly ExperimentEffect[] {
  const { metadata, spec } = replicaSet;
  const leaves = metadata.annotations?.[annotations.scaleDownDeadline] !== undefined;
  const isSized = (spec.replicas ?? 1) === wanted;
  const isTimed = (spec.minReadySeconds ?? 0) === minReadySeconds;
  if (isSized && isTimed && !leaves) return [];
  return [
    {
      kind: 'patch-replica-set',
      name: metadata.name,
      uid: metadata.uid ?? '',
      ...(isSized ? {} : { replicas: wanted }),
      ...(leaves ? { annotations: { [annotations.scaleDownDeadline]: null } } : {}),
      ...(isTimed ? {} : { minReadySeconds }),
    },
  ];
}

function hasPods({ spec }: ReplicaSet): boolean {
  return (spec.replicas ?? 1) > 0;
}

function resized({ metadata }: ReplicaSet, replicas: number): ExperimentEffect {
  const leaves = metadata.annotations?.[annotations.scaleDownDeadline] !== undefined;
  return {
    kind: 'patch-replica-set',
    name: metadata.name,
    uid: metadata.uid ?? '',
    replicas,
    ...(leaves ? { annotations: { [annotations.scaleDownDeadline]: null } } : {}),
  };
}

export interface Farewell {
  readonly effects: readonly ExperimentEffect[];
  /** When the next pods go, in milliseconds since the epoch; undefined where that is not a question of time. */
  readonly wakeAtMs: number | undefined;
}

/**
 * After its end: pods stay for scaleDownDelaySeconds, and in any case for as long as routes may lead to them. A Service goes before the
 * pods behind it.
 */
export function takeDown({ spec, observed, others, nowMs }: Situation): Farewell {
  const delayMs = (spec.scaleDownDelaySeconds ?? defaultScaleDownDelaySeconds) * 1000;
  const effects: ExperimentEffect[] = [];
  const leaving: ReplicaSet[] = [];
  let wakeAtMs: number | undefined;
  for (const replicaSet of observed.replicaSets.filter(hasPods)) {
    const deadline = deadlineOf(replicaSet) ?? (others.includes(replicaSet) ? nowMs : undefined);
    if (deadline === undefined && (delayMs > 0 || observed.inUse)) {
      effects.push(withDeadline(replicaSet, nowMs + delayMs));
      wakeAtMs = Math.min(wakeAtMs ?? Number.POSITIVE_INFINITY, nowMs + delayMs);
    } else if (deadline !== undefined && deadline > nowMs) {
      wakeAtMs = Math.min(wakeAtMs ?? Number.POSITIVE_INFINITY, deadline);
    } else if (!observed.inUse) leaving.push(replicaSet);
  }
  if (wakeAtMs !== undefined || observed.inUse) return { effects, wakeAtMs };
  const services = observed.services.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const gone = services.map(({ metadata: { name, uid = '' } }) => ({ kind: 'delete-service', name, uid }) as const);
  return { effects: [...effects, ...gone, ...leaving.map((one) => resized(one, 0))], wakeAtMs };
}

function deadlineOf({ metadata }: ReplicaSet): number | undefined {
  const ms = Date.parse(metadata.annotations?.[annotations.scaleDownDeadline] ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

/** Deadlines are whole seconds, and never too early. */
function withDeadline({ metadata }: ReplicaSet, ms: number): ExperimentEffect {
  const deadline = timestamp(ms + 999);
  return {
    kind: 'patch-replica-set',
    name: metadata.name,
    uid: metadata.uid ?? '',
    annotations: { [annotations.scaleDownDeadline]: deadline },
  };
}
