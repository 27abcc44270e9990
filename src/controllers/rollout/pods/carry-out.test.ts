/** Orders on the pods of a small API server: what is written to which pod, and what is told of it. */
import { describe, expect, it } from 'vitest';
import { MemoryCluster } from '../../../../test/support/memory-cluster.ts';
import { SteppedClock } from '../../../../test/support/stepped-clock.ts';
import type { DressOrder, RestartOrder } from '../../../core/rollout/pod-orders.ts';
import { ApiError } from '../../../runtime/cluster.ts';
import { carryOutOn } from './carry-out.ts';
import { type Pod, pods } from './list-pods.ts';

const rollout = { key: 'default/shop', namespace: 'default', uid: 'u1' };
const owner = { uid: 'rs1', name: 'shop-1' };
const { signal } = new AbortController();
const nowMs = Date.UTC(2026, 0, 1, 1);

function pod(
  name: string,
  more: { owner?: string; labels?: Record<string, string>; born?: string; ready?: string; gone?: true } = {},
): Pod {
  const { owner: uid = owner.uid, labels = {}, born = '2026-01-01T00:00:00Z', ready = 'True', gone } = more;
  return {
    metadata: {
      name,
      namespace: 'default',
      labels,
      creationTimestamp: born,
      ...(gone && { deletionTimestamp: born }),
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'shop-1', uid, controller: true }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready, lastTransitionTime: born }] },
  };
}

function clusterOf(...all: readonly Pod[]) {
  const cluster = new MemoryCluster();
  for (const one of all) cluster.put(pods, one);
  const carryOut = carryOutOn({ cluster, clock: new SteppedClock(nowMs), parallel: 2, retries: 2 });
  const labelsOf = async (name: string) => (await cluster.get(pods, { namespace: 'default', name }))?.metadata.labels;
  return { cluster, carryOut, labelsOf };
}

const dress: DressOrder = {
  kind: 'dress',
  id: 'dress/rs1',
  token: 't',
  start: true,
  owner,
  selector: { matchLabels: { app: 'shop' } },
  labels: { role: 'stable', track: null },
  annotations: {},
};

describe('dressing pods', () => {
  it('writes to those that differ, of this ReplicaSet alone', async () => {
    const { cluster, carryOut, labelsOf } = clusterOf(
      pod('a', { labels: { role: 'canary', track: 'x', app: 'shop' } }),
      pod('b', { labels: { role: 'stable' } }),
      pod('c', { labels: { role: 'canary' }, owner: 'rs2' }),
      pod('d', { labels: { role: 'canary' }, gone: true }),
    );
    expect(await carryOut(rollout, dress, signal)).toEqual({ outcome: 'done', message: '' });
    expect(cluster.writes).toEqual(['patch pods']);
    expect(await labelsOf('a')).toEqual({ role: 'stable', app: 'shop' });
    expect(await labelsOf('c')).toEqual({ role: 'canary' });
  });

  it('tries again what may pass, and tells what does not', async () => {
    const { cluster, carryOut, labelsOf } = clusterOf(pod('a'), pod('b'));
    let failures = 2;
    cluster.fault = (verb) => {
      if (verb !== 'patch' || failures === 0) return undefined;
      failures -= 1;
      return new ApiError('unavailable', 'the server is tired');
    };
    expect(await carryOut(rollout, dress, signal)).toEqual({ outcome: 'done', message: '' });
    expect(await labelsOf('b')).toEqual({ role: 'stable' });
    cluster.fault = (verb) => (verb === 'patch' ? new ApiError('forbidden', 'not allowed to patch pods') : undefined);
    const other = { ...dress, labels: { role: 'x' } };
    expect(await carryOut(rollout, other, signal)).toEqual({
      outcome: 'failed',
      message: expect.stringMatching(/^the metadata of pod [ab] could not be changed: not allowed to patch pods$/),
    });
  });
});

const restart: RestartOrder = {
  kind: 'restart',
  id: 'restart',
  token: 't',
  start: true,
  selector: {},
  owners: [{ ...owner, size: 2 }],
  bornBeforeMs: Date.parse('2026-01-01T00:00:10Z'),
  minReadySeconds: 0,
  mostMissing: 1,
};

describe('restarting pods', () => {
  it('evicts one of those that are old enough, then the rest, and says when there are none', async () => {
    const { cluster, carryOut } = clusterOf(pod('a'), pod('b', { born: '2026-01-01T00:00:10Z' }));
    expect(await carryOut(rollout, restart, signal)).toEqual({ outcome: 'more', message: '' });
    expect(cluster.writes).toEqual(['delete pods']);
    expect(await carryOut(rollout, restart, signal)).toEqual({ outcome: 'done', message: '' });
    expect(cluster.writes).toHaveLength(1);
  });

  it('takes none while one is missing, not ready, or not ready for long enough', async () => {
    const ofClock = new Date(nowMs - 5_000).toISOString();
    for (const other of [
      [],
      [pod('b', { born: '2026-01-01T00:00:10Z', ready: 'False' })],
      [pod('b', { born: ofClock })],
      [pod('b', { gone: true })],
    ]) {
      const { cluster, carryOut } = clusterOf(pod('a'), ...other);
      const order = { ...restart, minReadySeconds: 20, bornBeforeMs: Date.parse('2026-01-01T00:00:05Z') };
      expect(await carryOut(rollout, order, signal)).toEqual({ outcome: 'more', message: '' });
      expect(cluster.writes).toEqual([]);
    }
  });

  it('says which pod a budget keeps', async () => {
    const { cluster, carryOut } = clusterOf(pod('a'), pod('b'));
    cluster.evict = async () => 'blocked';
    expect(await carryOut(rollout, restart, signal)).toEqual({
      outcome: 'blocked',
      message: '2 pods are left, and a PodDisruptionBudget keeps pod a; tried again within 30 s',
    });
  });
});
