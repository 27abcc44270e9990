/** What must never have been true of a shop, at any version of any of its objects: the promises of its strategy, and its story told once. */
import type { KubeObject, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import type { EventObject } from '../../src/runtime/event.ts';
import { expectRoutedLaws } from '../../test/support/routed-laws.ts';
import type { Version } from '../../test/support/watched-namespace.ts';
import { replicas, type Shop } from './shops.ts';

/** The sentences of all laws that were broken. */
export function breaches({ strategy }: Shop, history: readonly Version[]): readonly string[] {
  const found: string[] = [...statusLaws(history), ...storyLaws(history)];
  if (strategy === 'basic') found.push(...basicLaws(history));
  if (strategy === 'blue-green') found.push(...switchLaws(history));
  if (strategy === 'routed') {
    try {
      expectRoutedLaws(history, { replicas });
    } catch (error) {
      found.push((error as Error).message);
    }
  }
  return found;
}

/** Calls back with all ReplicaSets as they were before and after a version of one of them. */
function* replicaSetMoves(history: readonly Version[]) {
  const present = new Map<string, ReplicaSet>();
  for (const { kind, name, object, at } of history) {
    if (kind !== 'ReplicaSet') continue;
    const before = new Map(present);
    if (object === undefined) present.delete(name);
    else present.set(name, object as ReplicaSet);
    const [was, is] = [before.get(name)?.spec.replicas ?? 0, (object as ReplicaSet | undefined)?.spec.replicas ?? 0];
    if (was !== is) yield { at, name, was, is, before, after: new Map(present) };
  }
}

/** maxSurge 1, maxUnavailable 0. */
function basicLaws(history: readonly Version[]): readonly string[] {
  const found: string[] = [];
  const sum = (sets: ReadonlyMap<string, ReplicaSet>, of: (one: ReplicaSet) => number): number =>
    [...sets.values()].reduce((total, one) => total + of(one), 0);
  const size = ({ spec }: ReplicaSet): number => spec.replicas ?? 0;
  const available = (one: ReplicaSet): number => Math.min(size(one), one.status?.availableReplicas ?? 0);
  for (const { at, name, was, is, before, after } of replicaSetMoves(history)) {
    const total = sum(after, size);
    if (is > was && total > replicas + 1) found.push(`${at}: ${total} pods are asked for (${name} from ${was} to ${is})`);
    const [had, has] = [sum(before, available), sum(after, available)];
    if (is < was && has < Math.min(had, replicas))
      found.push(`${at}: ${has} pods are left available (${name} from ${was} to ${is})`);
  }
  return found;
}

/** Users are sent to a version that is whole, and it stays whole. */
function switchLaws(history: readonly Version[]): readonly string[] {
  const found: string[] = [];
  const sets = new Map<string, ReplicaSet>();
  let active: string | undefined;
  for (const { kind, name, object, at } of history) {
    if (kind === 'ReplicaSet') {
      const hash = name.slice('shop-'.length);
      const size = (object as ReplicaSet | undefined)?.spec.replicas ?? 0;
      if (hash === active && size < replicas) found.push(`${at}: ${size} pods are asked for of ${name}, which users are sent to`);
      if (object === undefined) sets.delete(hash);
      else sets.set(hash, object as ReplicaSet);
    }
    if (kind !== 'Service' || name !== 'stable') continue;
    const selected = (object as Service | undefined)?.spec.selector?.[labels.podTemplateHash];
    if (selected !== undefined && selected !== active) {
      const available = sets.get(selected)?.status?.availableReplicas ?? 0;
      if (available < replicas) found.push(`${at}: users are sent to ${selected}, of which ${available} pods are available`);
    }
    active = selected;
  }
  return found;
}

function statusLaws(history: readonly Version[]): readonly string[] {
  const found: string[] = [];
  let before: Rollout | undefined;
  for (const { kind, object, at } of history) {
    if (kind !== 'Rollout') continue;
    const now = object as Rollout | undefined;
    const { stableRS = '', phase, message = '' } = now?.status ?? {};
    if ((before?.status?.stableRS ?? '') !== '' && stableRS === '') found.push(`${at}: there is no stable version any more`);
    if (phase !== undefined && phase !== 'Healthy' && message === '') found.push(`${at}: it is ${phase} and does not say why`);
    before = now;
  }
  return found;
}

/** The same words twice are the same thing twice, where they name the revision; what does not may be true of each of the two updates. */
function storyLaws(history: readonly Version[]): readonly string[] {
  const told = new Map<string, EventObject>();
  for (const { kind, name, object } of history)
    if (kind === 'Event' && object !== undefined) told.set(name, object as EventObject & KubeObject);
  const counts = new Map<string, number>();
  for (const { involvedObject, reason, message, count = 1 } of told.values()) {
    if (involvedObject.kind !== 'Rollout' || onceMore.has(reason)) continue;
    const line = `${reason}: ${message}`;
    counts.set(line, (counts.get(line) ?? 0) + count);
  }
  const most = (line: string): number => (line.startsWith('RolloutStepCompleted') ? updates : 1);
  return [...counts].filter(([line, count]) => count > most(line)).map(([line, count]) => `told ${count} times: ${line}`);
}

const updates = 2;

const onceMore = new Set([
  'RolloutPaused',
  'RolloutResumed',
  'ScalingReplicaSet',
  'SwitchService',
  'TrafficWeightUpdated',
  'TrafficRoutingError',
]);
