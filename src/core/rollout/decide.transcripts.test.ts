import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';

interface Transcripts {
  readonly events: Readonly<Record<'shop' | 'till', Readonly<Record<string, readonly string[]>>>>;
  readonly shopAborted: { readonly phase: string; readonly message: string; readonly conditions: readonly string[] };
}

const transcripts = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/event-transcripts.json', import.meta.url), 'utf8'),
) as Transcripts;

/** The recorded hashes are those of another template: revisions stand for them. */
function withoutHashes(lines: readonly string[], world?: ToyWorld): readonly string[] {
  const known = new Map([
    ['685fcccfc9', 'HASH1'],
    ['5bfb67854', 'HASH2'],
    ['58587b5d85', 'HASH1'],
    ['859d986b8', 'HASH2'],
  ]);
  for (const one of world?.replicaSets.values() ?? []) {
    const revision = one.metadata.annotations?.['rollout.argoproj.io/revision'] ?? '';
    known.set(one.metadata.labels?.['rollouts-pod-template-hash'] ?? '', `HASH${revision}`);
  }
  return lines.map((line) => [...known].reduce((text, [hash, name]) => text.replaceAll(hash, name), line));
}

describe('events of a canary', () => {
  it('reads as recorded from create to promote', () => {
    const world = new ToyWorld({
      replicas: 2,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
    });
    let mark = 0;
    const tell = (chapter: string): void => {
      world.settle(10_000);
      expect(withoutHashes(world.told(mark), world), chapter).toEqual(withoutHashes(transcripts.events.shop[chapter] ?? []));
      mark = world.events.length;
    };
    tell('create');
    expect(world.status).toMatchObject({ phase: 'Healthy', message: '' });
    world.image('v2');
    tell('update until the pause');
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'CanaryPauseStep', controllerPause: true });
    world.command({ abort: true });
    tell('abort');
    const { phase, message, conditions } = world.status;
    // The condition Paused alone speaks in words of our own: it says what is next.
    const words = (type: string, text: string) => (type === 'Paused' ? '' : text);
    expect({
      phase,
      message,
      conditions: conditions?.map((one) => `${one.type}=${one.status} ${one.reason}: ${words(one.type, one.message)}`),
    }).toEqual({
      ...transcripts.shopAborted,
      conditions: transcripts.shopAborted.conditions.map((line) => line.replace(/^(Paused=\w+ \w+: ).*/, '$1')),
    });
    world.command({ abort: false });
    tell('retry until the pause');
    world.command({ pauseConditions: null });
    tell('promote');
    expect(world.status).toMatchObject({ phase: 'Healthy', message: '', currentStepIndex: 2 });
    expect(world.sizes()).toEqual({ v1: 0, v2: 2 });
  });
});

describe('events of blue-green', () => {
  it('reads as recorded from create to promote', () => {
    const world = new ToyWorld(
      {
        replicas: 2,
        selector: { matchLabels: { app: 'shop' } },
        template: templateOf('v1'),
        strategy: { blueGreen: { activeService: 'till', previewService: 'till-preview', autoPromotionEnabled: false } },
      },
      { name: 'till', services: ['till', 'till-preview'] },
    );
    let mark = 0;
    const tell = (chapter: string): void => {
      world.settle(10_000);
      expect(withoutHashes(world.told(mark), world), chapter).toEqual(withoutHashes(transcripts.events.till[chapter] ?? []));
      mark = world.events.length;
    };
    tell('create');
    expect(world.status).toMatchObject({ phase: 'Healthy', message: '' });
    world.image('v2');
    tell('update until the pause');
    expect(world.status).toMatchObject({ phase: 'Paused', message: 'BlueGreenPause', controllerPause: true });
    const { updatedReplicas, readyReplicas, availableReplicas, HPAReplicas, replicas } = world.status;
    expect([replicas, updatedReplicas, readyReplicas, availableReplicas, HPAReplicas]).toEqual([4, 2, 2, 2, 2]);
    world.command({ pauseConditions: null });
    tell('promote');
    expect(world.status).toMatchObject({ phase: 'Healthy', message: '', stableRS: world.status.currentPodHash });
    expect(world.sizes()).toEqual({ v1: 2, v2: 2 });
    world.settle(30_000);
    expect(world.sizes()).toEqual({ v1: 0, v2: 2 });
  });
});
