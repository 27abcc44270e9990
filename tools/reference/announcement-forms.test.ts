import { describe, expect, it } from 'vitest';
import { eventReasons } from '../../src/api/reasons.ts';
import type { RolloutSpec } from '../../src/api/rollout.ts';
import { analysisAnnouncements } from '../../src/core/analysis/announcements.ts';
import type { Announcement } from '../../src/core/decision.ts';
import { rolloutDeleted } from '../../src/core/rollout/announcements.ts';
import { decide } from '../../src/core/rollout/decide.ts';
import type { ObservedRollout } from '../../src/core/rollout/observed-rollout.ts';
import { templateOf } from '../../test/support/shop-template.ts';
import { type ToyOptions, ToyWorld } from '../../test/support/toy-world.ts';
import { analysisRunEvents, reservedReasons, rolloutConditions, rolloutEvents } from './announcement-forms.ts';

const seenEvents = new Set<string>();
const seenConditions = new Set<string>();

/** What is free comes last: a message fits the form that says most. */
function matches(form: string, text: string): boolean {
  const pattern = form.split(/<[^>]*>/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('[^]*')}$`).test(text);
}

function note(
  seen: Set<string>,
  forms: readonly { readonly form: string }[],
  keyOf: (index: number) => string,
  text: string,
): void {
  const index = forms
    .map(({ form }, at) => ({ form, at }))
    .filter(({ form, at }) => keyOf(at) === text.slice(0, keyOf(at).length) && matches(form, text.slice(keyOf(at).length)))
    .sort((a, b) => b.form.replace(/<[^>]*>/g, '').length - a.form.replace(/<[^>]*>/g, '').length)[0]?.at;
  if (index === undefined) throw new Error(`no row of the page fits: ${text}`);
  seen.add(String(index));
}

const eventKey = (index: number): string => `${rolloutEvents[index]?.type} ${rolloutEvents[index]?.reason}: `;
const conditionKey = (index: number): string => {
  const { type, status, reason } = rolloutConditions[index] ?? {};
  return `${type}=${status} ${reason?.replace('<reason>', 'FailedCreate')}: `;
};

function noteEvent({ type, reason, message }: Announcement): void {
  note(seenEvents, rolloutEvents, eventKey, `${type} ${reason}: ${message}`);
}

function noteDecision(observed: ObservedRollout, nowMs: number): void {
  const { announcements, status } = decide(observed, nowMs);
  for (const announcement of announcements) noteEvent(announcement);
  for (const { type, status: state, reason, message } of status.conditions ?? [])
    note(seenConditions, rolloutConditions, conditionKey, `${type}=${state} ${reason}: ${message}`);
}

const watched: Pick<ToyOptions, 'watch'> = {
  watch: { before: (world) => noteDecision(world.observe(), world.nowMs), after: () => undefined },
};

const undo = { 'rampart.dev/on-failure': 'undo' };
const analysis = { templates: [{ templateName: 'good' }] };
const template = {
  metadata: { name: 'good' },
  spec: { metrics: [{ name: 'm', count: 1, provider: { prometheus: { address: 'http://p', query: 'x' } } }] },
};
const routing = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

function begin(canary: object, options: ToyOptions = {}, annotations?: Record<string, string>): ToyWorld {
  return beginWith({ canary: { maxSurge: 1, maxUnavailable: 0, ...canary } }, options, annotations);
}

function beginBlueGreen(blueGreen: object): ToyWorld {
  return beginWith({ blueGreen: { activeService: 'active', ...blueGreen } }, { services: ['active'] });
}

function beginWith(strategy: NonNullable<RolloutSpec['strategy']>, options: ToyOptions, annotations?: Record<string, string>) {
  const spec: RolloutSpec = {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: templateOf('v1'),
    strategy,
  };
  const world = new ToyWorld(spec, { templates: [template], ...watched, ...options }, annotations);
  world.settle(10_000);
  return world;
}

function then(world: ToyWorld, ...acts: readonly (() => void)[]): void {
  for (const act of acts) {
    act();
    world.settle(5_000);
    noteDecision(world.observe(), world.nowMs);
  }
}

/** Lives that between them say everything there is to say. */
const lives: Readonly<Record<string, () => void>> = {
  'abort, retry, promote, undo, lost pods, pause by a person': () => {
    const world = begin({ steps: [{ setWeight: 50 }, { pause: {} }] }, { podLatencyMs: () => 1000 });
    then(
      world,
      () => world.image('v2'),
      () => world.command({ abort: true }),
      () => world.command({ abort: false }),
      () => world.command({ pauseConditions: null }),
      () => world.restartPods('v2', 3000),
      () => world.image('v3'),
      () => world.image('v2'),
      () => world.image('v3'),
      () => world.command({ promoteFull: true, pauseConditions: null }),
      () => world.change({ paused: true }),
      () => world.change({ paused: false }),
      () => world.change({ selector: {} }),
    );
  },
  'a pause that ends by itself, in which a person pauses, makes the spec invalid, mends it and aborts': () => {
    const world = begin({ steps: [{ setWeight: 50 }, { pause: { duration: 60 } }, { analysis }] });
    const selector = world.rollout.spec.selector ?? {};
    then(
      world,
      () => world.image('v2'),
      () => world.change({ paused: true }),
      () => world.change({ paused: false, selector: {} }),
      () => world.change({ selector }),
      () => world.settle(60_000),
      () => world.command({ abort: true }),
    );
  },
  'an abort before any pause': () => {
    const world = begin({ steps: [{ setWeight: 50 }, { analysis }] });
    then(
      world,
      () => world.image('v2'),
      () => world.command({ abort: true }),
    );
  },
  'traffic routing, with someone else at the route and a gateway that refuses': () => {
    const world = begin({ steps: [{ setWeight: 50 }, { pause: {} }], ...routing }, { services: ['canary', 'stable'] });
    then(world, () => world.image('v2'));
    const observed = world.observe();
    const { routes } = observed;
    if (routes === undefined) throw new Error('no routes');
    noteDecision({ ...observed, routes: { ...routes, reasserted: true } }, world.nowMs);
    const match = [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }];
    const desired = { ...routes.desired, managedRoutes: [{ kind: 'header' as const, name: 'beta', match }] };
    noteDecision({ ...observed, routes: { ...routes, desired, reasserted: true } }, world.nowMs);
    const deeds = [
      {
        reason: 'CreatingCanaryIngress' as const,
        message: 'Created canary Ingress shop-web-canary with weight 0',
        identity: 'a/1',
      },
      { reason: 'PatchingCanaryIngress' as const, message: 'Patched canary Ingress shop-web-canary, weight 20', identity: 'a/2' },
    ];
    noteDecision({ ...observed, routes: { ...routes, deeds } }, world.nowMs);
    noteDecision({ ...observed, routes: { ...routes, state: 'failed', message: 'HTTPRoute shop was not accepted' } }, world.nowMs);
    then(world, () => world.command({ pauseConditions: null }));
  },
  'analyses of every outcome': () => {
    for (const canary of [{ steps: [{ setWeight: 50 }, { analysis }] }, { steps: [{ setWeight: 50 }, { pause: {} }], analysis }]) {
      for (const phase of ['Successful', 'Failed', 'Error', 'Inconclusive'] as const) {
        const world = begin(canary, {}, undo);
        then(
          world,
          () => world.image('v2'),
          () => world.verdict('Running'),
          () => world.verdict(phase),
          () => world.command({ abort: false }),
        );
      }
    }
  },
  'an experiment that cannot decide': () => {
    const world = begin({ steps: [{ experiment: { templates: [{ name: 'a', specRef: 'canary' }] } }, { pause: {} }] });
    then(
      world,
      () => world.image('v2'),
      () => world.experiments.verdict('Inconclusive'),
      () => world.command({ pauseConditions: null }),
    );
  },
  'blue-green by hand and by itself, and back': () => {
    const world = beginBlueGreen({ autoPromotionEnabled: false });
    then(
      world,
      () => world.image('v2'),
      () => world.command({ pauseConditions: null }),
      () => world.image('v1'),
      () => world.change({ strategy: { blueGreen: { activeService: 'active', autoPromotionSeconds: 60 } } }),
      () => world.image('v3'),
      () => world.change({ strategy: { blueGreen: { activeService: 'none' } } }),
    );
  },
  'analyses of blue-green of every outcome': () => {
    for (const analyses of [{ prePromotionAnalysis: analysis }, { postPromotionAnalysis: analysis }]) {
      for (const phase of ['Successful', 'Failed', 'Error', 'Inconclusive'] as const) {
        const world = beginBlueGreen(analyses);
        then(
          world,
          () => world.image('v2'),
          () => world.verdict('Running'),
          () => world.verdict(phase),
        );
      }
    }
  },
  'a deletion': () => noteEvent(rolloutDeleted(begin({ steps: [] }).rollout)),
  'pods that never start, a ReplicaSet that is refused, pods that cannot be made': () => {
    let latency = 0;
    const world = begin({ steps: [] }, { podLatencyMs: () => latency });
    latency = Number.POSITIVE_INFINITY;
    world.image('v2');
    const [create] = decide(world.observe(), world.nowMs).effects.filter(({ kind }) => kind === 'create-replica-set');
    if (create === undefined) throw new Error('nothing to create');
    noteDecision({ ...world.observe(), failures: [{ effect: create, message: 'exceeded quota' }] }, world.nowMs);
    world.settle(1000);
    const observed = world.observe();
    const failing = observed.replicaSets.map((one) => ({
      ...one,
      status: { ...one.status, conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'quota' }] },
    }));
    noteDecision({ ...observed, replicaSets: failing as ObservedRollout['replicaSets'] }, world.nowMs);
    world.settle(620_000);
    noteDecision(world.observe(), world.nowMs);
  },
};

describe('the page of events and conditions', () => {
  for (const [name, live] of Object.entries(lives)) it(`has all that is said in: ${name}`, live);

  it('has no event that is never written', () => {
    expect(rolloutEvents.filter((_, index) => !seenEvents.has(String(index)))).toEqual([]);
  });

  it('has no condition that is never written', () => {
    expect(rolloutConditions.filter((_, index) => !seenConditions.has(String(index)))).toEqual([]);
  });

  it('knows every reason that the API has', () => {
    const known = new Set([...rolloutEvents.map(({ reason }) => reason), ...reservedReasons]);
    expect(Object.values(eventReasons).filter((reason) => !known.has(reason))).toEqual([]);
    expect(rolloutEvents.filter(({ reason }) => (reservedReasons as readonly string[]).includes(reason))).toEqual([]);
  });

  it('has exactly what AnalysisRuns say', () => {
    const said = (['Successful', 'Inconclusive', 'Failed', 'Error'] as const).flatMap((phase) =>
      analysisAnnouncements(undefined, { phase, metricResults: [{ name: '<name>', phase }] }),
    );
    const lines = (all: readonly { type: string; reason: string }[], text: (one: never) => string) =>
      all.map((one) => `${one.type} ${one.reason}: ${text(one as never)}`).sort();
    expect(lines(said, ({ message }: { message: string }) => message)).toEqual(
      lines(analysisRunEvents, ({ form }: { form: string }) => form),
    );
  });
});
