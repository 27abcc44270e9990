/**
 * `spec.restartAt`: pods created before it are evicted, a few at a time, of all ReplicaSets, whatever else the Rollout is doing. What is
 * left to do is read from the pods themselves, so nothing is lost by a crash and no pod is restarted twice; `status.restartedAt` ends it.
 */
import { phaseMessages } from '../../../api/reasons.ts';
import { boundsFor } from '../canary-replicas.ts';
import { comesDown } from '../descent.ts';
import { type PodReport, type RestartOrder, retryAtMs } from '../pod-orders.ts';
import type { Member, Situation } from '../situation.ts';

export interface Restart {
  /** `later`: its time has not come. */
  readonly state: 'none' | 'later' | 'pending' | 'done';
  readonly atMs: number;
}

const none: Restart = { state: 'none', atMs: Number.NaN };
const id = 'restart';

export function restartOf({ rollout, status, frozen, nowMs, observed }: Situation): Restart {
  const { restartAt } = rollout.spec;
  const atMs = Date.parse(restartAt ?? '');
  if (restartAt === undefined || Number.isNaN(atMs) || atMs === Date.parse(status.restartedAt ?? '')) return none;
  if (frozen) return none;
  if (nowMs < atMs) return { state: 'later', atMs };
  const report = observed.podReports?.get(id);
  return { state: report?.outcome === 'done' && isOf(report, atMs) ? 'done' : 'pending', atMs };
}

/** The progress deadline is counted anew from a restart on. NaN where there was none. */
export function restartedSinceMs({ rollout, nowMs }: Situation): number {
  const atMs = Date.parse(rollout.spec.restartAt ?? '');
  return atMs <= nowMs ? atMs : Number.NaN;
}

export function restartedAt(situation: Situation): string | undefined {
  const { rollout, status } = situation;
  return restartOf(situation).state === 'done' ? rollout.spec.restartAt : status.restartedAt;
}

/** What the phase says; undefined where no restart is under way. */
export function restartSay(situation: Situation): string | undefined {
  const { state, atMs } = restartOf(situation);
  if (state !== 'pending') return undefined;
  const report = situation.observed.podReports?.get(id);
  const trouble = report !== undefined && isOf(report, atMs) && report.message !== '' ? `: ${report.message}` : '';
  return phaseMessages.restarting + trouble;
}

/**
 * Asked for anew when the ReplicaSets have moved, else after a while: budgets are not watched. Where pods are on their way out, nobody could
 * tell those that stay from those that go: what is evicted then would be counted as there.
 */
export function restartOrders(situation: Situation): readonly RestartOrder[] {
  const { rollout, nowMs, observed } = situation;
  const { state, atMs } = restartOf(situation);
  const { selector, minReadySeconds = 0 } = rollout.spec;
  if (state !== 'pending' || selector === undefined) return [];
  const owners = inOrder(situation);
  const seen = owners.map(({ name, size, replicaSet: { metadata, status } }) => [name, size, metadata.resourceVersion, status]);
  const token = JSON.stringify([atMs, ...seen]);
  const report = observed.podReports?.get(id);
  const start = !owners.some(comesDown) && (report?.token !== token || nowMs >= retryAtMs(report));
  return [
    {
      kind: 'restart',
      id,
      token,
      start,
      selector,
      owners: owners.map(({ name, uid, size }) => ({ name, uid, size })),
      // Times of creation are whole seconds: a pod of the same second may be the replacement.
      bornBeforeMs: Math.floor(atMs / 1000) * 1000,
      minReadySeconds,
      mostMissing: mostMissing(situation),
    },
  ];
}

/** Stable first, since users are there; the version that may never become available last, so that nobody waits for it. */
function inOrder({ stable, older, current }: Situation): readonly Member[] {
  const others = current === stable ? [] : [current];
  return [stable, ...older.toReversed(), ...others].filter((one) => one !== undefined).filter(({ size }) => size > 0);
}

function mostMissing({ replicas, bounds, blueGreen }: Situation): number {
  const { maxUnavailable } = blueGreen === undefined ? bounds : boundsFor(replicas, 1, blueGreen.maxUnavailable);
  return Math.max(1, maxUnavailable);
}

function isOf({ token }: PodReport, atMs: number): boolean {
  const parsed: unknown = JSON.parse(token);
  return Array.isArray(parsed) && parsed[0] === atMs;
}
