import { describe, expect, it, vi } from 'vitest';
import { CommandStage, type Printed } from '../../test/support/command-stage.ts';
import * as resources from '../api/resources.ts';
import { ApiError } from '../runtime/cluster.ts';

const rollout = (phase: string, message = '') => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'shop', namespace: 'default', generation: 1 },
  spec: { replicas: 1, strategy: { canary: {} } },
  status: { phase, message, observedGeneration: '1' },
});

/** A command that goes on: `step` lets time pass. */
function begin(stage: CommandStage, ...args: readonly string[]) {
  let ended: Printed | undefined;
  const running = stage.run(...args).then((printed) => {
    ended = printed;
    return printed;
  });
  const step = async (ms = 400) => {
    // Its code is loaded first.
    await vi.waitFor(() => expect(ended !== undefined || stage.clock.timers > 0).toBe(true), { timeout: 20_000, interval: 5 });
    for (let passed = 0; passed < ms; passed += 100) await stage.clock.advance(100);
  };
  return { step, running, ended: () => ended };
}

function stageWith(phase: string, message?: string): CommandStage {
  const stage = new CommandStage();
  stage.cluster.put(resources.rollouts, rollout(phase, message));
  return stage;
}

describe('status', () => {
  it('tells each state once, waits a pause out, and ends with the Rollout', async () => {
    const stage = stageWith('Progressing', 'more replicas need to be updated');
    const { step, running, ended } = begin(stage, 'status', 'shop');
    await step();
    stage.cluster.put(resources.rollouts, rollout('Paused', 'CanaryPauseStep'));
    await step();
    stage.cluster.put(resources.rollouts, rollout('Paused', 'CanaryPauseStep'));
    await step();
    expect(ended()).toBeUndefined();
    stage.cluster.put(resources.rollouts, rollout('Healthy'));
    await step();
    expect(await running).toEqual({
      code: 0,
      out: 'Progressing - more replicas need to be updated\nPaused - CanaryPauseStep\nHealthy\n',
      errors: '',
    });
  });

  it('ends with 1 when it is degraded', async () => {
    const { step, running } = begin(stageWith('Degraded', 'RolloutAborted: why'), 'status', 'shop');
    await step();
    expect(await running).toEqual({ code: 1, out: 'Degraded - RolloutAborted: why\n', errors: '' });
  });

  it('ends with 2 when the time is up, also where nothing was seen', async () => {
    const stage = stageWith('Paused', 'CanaryPauseStep');
    const first = begin(stage, 'status', 'shop', '--timeout', '5s');
    await first.step(6_000);
    expect(await first.running).toEqual({
      code: 2,
      out: 'Paused - CanaryPauseStep\n',
      errors: 'Rollout status watch exceeded timeout\n',
    });
    const blind = stageWith('Paused');
    blind.cluster.fault = (verb) => (verb === 'watch' || verb === 'list' ? new ApiError('unreachable', 'down') : undefined);
    const second = begin(blind, 'status', 'shop', '-t', '5s');
    await second.step(6_000);
    expect(await second.running).toMatchObject({ code: 2, out: '' });
  });

  it('says that the Rollout has gone', async () => {
    const stage = stageWith('Progressing', 'x');
    const { step, running } = begin(stage, 'status', 'shop');
    await step();
    stage.cluster.remove(resources.rollouts, { namespace: 'default', name: 'shop' });
    await step();
    expect(await running).toMatchObject({ code: 3, errors: expect.stringContaining('Rollout "shop" not found') });
  });

  it('once looks once', async () => {
    for (const [phase, code] of [
      ['Healthy', 0],
      ['Degraded', 1],
      ['Paused', 2],
    ] as const) {
      expect((await stageWith(phase).run('status', 'shop', '--watch=false')).code).toBe(code);
    }
    expect((await stageWith('Healthy').run('status', 'shop', '-w=false', '-o', 'json')).out).toBe(
      '{"phase":"Healthy","message":""}\n',
    );
  });
});

describe('get --watch', () => {
  it('prints each new picture where nobody looks, until the person has had enough', async () => {
    const stage = stageWith('Progressing', 'x');
    const { step, running } = begin(stage, 'get', 'shop', '-w');
    await step();
    stage.cluster.put(resources.rollouts, rollout('Healthy'));
    await step();
    stage.enough.abort();
    const { code, out } = await running;
    expect(code).toBe(0);
    expect(out.match(/^Status: +\S+ (\w+)$/gm)).toEqual([
      expect.stringContaining('Progressing'),
      expect.stringContaining('Healthy'),
    ]);
    expect(out).not.toContain('\u001b');
  });

  it('redraws in place on a terminal, each second for what grows older, and never longer than the screen', async () => {
    const stage = stageWith('Progressing', 'x');
    stage.isTerminal = true;
    const { step, running } = begin(stage, 'get', 'shop', '-w', '--no-color');
    await step();
    const first = stage.out;
    expect(first.startsWith('\u001b[2J\u001b[H')).toBe(true);
    stage.cluster.put(resources.replicaSets, {
      metadata: {
        name: 'shop-a',
        namespace: 'default',
        creationTimestamp: '2026-01-01T00:00:00Z',
        ownerReferences: [owner(stage)],
      },
      spec: { replicas: 1 },
    } as never);
    await step(3_000);
    const pictures = stage.out.slice(first.length).split('\u001b[H').slice(1);
    expect(pictures.length).toBeGreaterThan(1);
    expect(pictures.every((picture) => picture.split('\n').length <= 40)).toBe(true);
    expect(pictures[0]).toContain('shop-a');
    stage.enough.abort();
    expect((await running).code).toBe(0);
  });

  it('leaves out what may not be listed, and says so', async () => {
    const stage = stageWith('Healthy');
    stage.cluster.fault = (_, { plural }) =>
      plural === 'pods' ? new ApiError('forbidden', 'no') : plural === 'experiments' ? new ApiError('not-found', 'no') : undefined;
    const { code, out } = await stage.run('get', 'shop');
    expect(code).toBe(0);
    expect(out).toMatch(/Not shown: you may not list pods here\.\nNot shown: this cluster has no experiments\.\n$/);
  });

  it('ends with 2 when its time is up', async () => {
    const { step, running } = begin(stageWith('Healthy'), 'get', 'shop', '-w', '--timeout', '2');
    await step(3_000);
    expect((await running).code).toBe(2);
  });
});

function owner(stage: CommandStage) {
  const uid = stage.cluster.objects(resources.rollouts)[0]?.metadata.uid ?? '';
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop', uid, controller: true };
}
