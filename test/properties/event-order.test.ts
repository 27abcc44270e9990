/**
 * Clients show the events of one second by their names, those of different seconds by their times: both have to be the order in which
 * the story was told.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../src/api/rollout.ts';
import type { Announcement } from '../../src/core/decision.ts';
import { eventName } from '../../src/runtime/event-name.ts';
import { play, scenario } from '../support/rollout-scenarios.ts';
import { templateOf } from '../support/shop-template.ts';
import { ToyWorld } from '../support/toy-world.ts';

interface Transcripts {
  readonly events: { readonly shop: Readonly<Record<string, readonly string[]>> };
}

const transcripts = JSON.parse(readFileSync(new URL('../fixtures/event-transcripts.json', import.meta.url), 'utf8')) as Transcripts;

function nameOf(announcement: Announcement): string {
  return eventName({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'shop', uid: 'u-shop' }, announcement);
}

/** As a list of Events has them. */
function byName(events: readonly Announcement[]): readonly Announcement[] {
  return events.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** As clients have them: by the second, and in that by name. */
function bySecond({ events, toldAtMs }: ToyWorld): readonly Announcement[] {
  const second = ({ identity }: Announcement): number => Math.floor((toldAtMs.get(identity) ?? 0) / 1000);
  return byName(events).toSorted((a, b) => second(a) - second(b));
}

function withoutDeeds(events: readonly Announcement[]): readonly Announcement[] {
  return events.filter(({ reason }) => !['ScalingReplicaSet', 'SwitchService', 'TrafficWeightUpdated'].includes(reason));
}

const lines = (events: readonly Announcement[]): readonly string[] => events.map(({ reason, message }) => `${reason}: ${message}`);

/** Several commands of people within one second; each pass takes a few milliseconds. */
function storyWithinASecond(canary: CanaryStrategy): ToyWorld {
  const world = new ToyWorld(
    { replicas: 2, selector: { matchLabels: { app: 'shop' } }, template: templateOf('v1'), strategy: { canary } },
    { passMs: 3, services: canary.trafficRouting === undefined ? [] : ['canary', 'stable'] },
  );
  world.settle(60, 1);
  world.image('v2');
  world.settle(60, 1);
  world.command({ abort: true });
  world.settle(60, 1);
  world.command({ abort: false });
  world.settle(60, 1);
  world.command({ pauseConditions: null });
  world.settle(60, 1);
  return world;
}

describe('events in the order of their names', () => {
  it('read as recorded, from create to promote within a second', () => {
    const world = storyWithinASecond({ maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] });
    expect(world.nowMs % 60_000).toBeLessThan(1_000);
    const recorded = ['create', 'update until the pause', 'abort', 'retry until the pause', 'promote'].flatMap(
      (chapter) => transcripts.events.shop[chapter] ?? [],
    );
    const told = lines(byName(world.events));
    expect(told).toEqual(lines(world.events));
    expect(told.map((line) => line.split(':')[0])).toEqual(recorded.map((line) => line.split(/[ :]/)[1]));
  });

  it('read as told where traffic is routed', () => {
    const world = storyWithinASecond({
      steps: [{ setWeight: 50 }, { pause: {} }],
      canaryService: 'canary',
      stableService: 'stable',
      trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
    });
    expect(world.told().filter((line) => line.includes('TrafficWeightUpdated')).length).toBeGreaterThan(3);
    expect(lines(byName(world.events))).toEqual(lines(world.events));
  });

  for (const routed of [false, true]) {
    it(`read as told in any life of a Rollout, ${routed ? 'routed' : 'basic'}`, { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(scenario(routed), (one) => {
          const world = play(one, { passMs: 2, startMs: 1_000 });
          const crashed = world.log.some((line) => line.startsWith('crash'));
          // A new process may have to take back a deed whose end the one before it could not store.
          const compared = (events: readonly Announcement[]): readonly string[] => lines(crashed ? withoutDeeds(events) : events);
          const shown = crashed ? bySecond(world) : byName(world.events);
          expect(compared(shown), world.log.join('\n')).toEqual(compared(world.events));
        }),
        { numRuns: 300 },
      );
    });
  }
});
