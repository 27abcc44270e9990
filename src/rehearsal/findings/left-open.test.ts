import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../api/kubernetes.ts';
import type { PlayedScenario, Sample } from '../report.ts';
import { findingRules, leftOpen } from './left-open.ts';

type Fields = Readonly<Record<string, unknown>>;

const newPods = { name: 'hash', valueFrom: { podTemplateHashValue: 'Latest' } };
const analysis = { templates: [{ templateName: 'ratio' }], args: [newPods] };
const ratio = (range = '1m', labels = 'rollouts_pod_template_hash="{{args.hash}}"') =>
  `sum(rate(http_requests_total{code!~"5..",${labels}}[${range}])) / sum(rate(http_requests_total{${labels}}[${range}]))`;
const judged = {
  successCondition: 'len(result) > 0 && result[0] >= 0.99',
  failureCondition: 'len(result) > 0 && result[0] < 0.99',
};

function template(metric: Fields = {}, spec: Fields = {}, query = ratio()): KubeObject {
  const measured = { name: 'ratio', interval: '1m', count: 3, ...judged, provider: { prometheus: { query } }, ...metric };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'ratio' },
    spec: { args: [{ name: 'hash' }], metrics: [measured], ...spec },
  } as KubeObject;
}

const container = { name: 'web', image: 'shop:1.2', ports: [{ containerPort: 80 }], readinessProbe: { httpGet: { port: 80 } } };

function rollout(strategy: Fields, spec: Fields = {}, containers: readonly Fields[] = [container]): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop' },
    spec: {
      replicas: 10,
      progressDeadlineAbort: true,
      selector: { matchLabels: { app: 'shop' } },
      template: { metadata: { labels: { app: 'shop' } }, spec: { containers } },
      strategy,
      ...spec,
    },
  } as KubeObject;
}

const pause = { pause: { duration: '5m' } };
const steps = [{ setWeight: 10 }, pause, { analysis }, { setWeight: 50 }, pause, { analysis }];
const whole = { maxSurge: 2, maxUnavailable: 0 };
const good = rollout({ canary: { ...whole, steps } });
const canary = (fields: Fields, spec: Fields = {}, containers?: readonly Fields[]) =>
  rollout({ canary: { ...whole, steps, ...fields } }, spec, containers);
const routed = { trafficRouting: { nginx: { stableIngress: 'shop' } }, stableService: 'shop', canaryService: 'shop-next' };
const measured = { prePromotionAnalysis: analysis, postPromotionAnalysis: analysis };
const blueGreen = (fields: Fields) => rollout({ blueGreen: { activeService: 'shop', ...fields } });
const background = (metric: Fields, startingStep = 0) => [
  canary({ analysis: { ...analysis, startingStep }, steps: [{ setWeight: 10 }, pause, { setWeight: 50 }, pause] }),
  template(metric),
];
const map = (name: string, fields: Fields = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...fields }) as KubeObject;
const budget = (spec: Fields) =>
  ({
    kind: 'PodDisruptionBudget',
    metadata: { name: 'shop' },
    spec: { selector: { matchLabels: { app: 'shop' } }, ...spec },
  }) as KubeObject;

const sample = (fields: Partial<Sample>, stable = 10): Sample => ({
  atSeconds: 0,
  weight: 0,
  pods: { stable: { ready: stable, total: stable }, new: { ready: 1, total: 1 }, other: { ready: 0, total: 0 } },
  requestsPerSecond: 100,
  successRatio: 1,
  newSuccessRatio: 1,
  step: 0,
  phase: 'Progressing',
  ...fields,
});

const scenario = (fields: Partial<PlayedScenario>): PlayedScenario => ({
  name: 'good',
  title: '',
  seed: 1,
  ending: 'completed',
  endsWell: true,
  why: 'because.',
  durationSeconds: 60,
  secondsToSafe: undefined,
  requests: 1000,
  failedRequests: 0,
  failedAtWeight: [],
  mostPods: 12,
  mostExtraPods: 2,
  phase: 'Healthy',
  message: '',
  samples: [sample({})],
  events: [],
  marks: [{ atSeconds: 1, text: 'something happens' }],
  ...fields,
});

interface Case {
  readonly has: readonly KubeObject[];
  readonly hasNot: readonly KubeObject[];
  readonly played?: PlayedScenario;
  readonly playedWell?: PlayedScenario;
  readonly level?: 'risk' | 'advice';
  /** Part of what is said, or of where. */
  readonly says?: string;
}

const withTemplate = (object: KubeObject, ...more: readonly KubeObject[]) => [object, template(), ...more];
const fine = withTemplate(good);
const reads = (name: string) => canary({}, {}, [{ ...container, envFrom: [{ configMapRef: { name } }] }]);

/** rule -> manifests that have the hole, and ones that come near it and have it not. */
const cases: Readonly<Record<string, Case>> = {
  'bad-version-kept': {
    has: fine,
    hasNot: fine,
    played: scenario({ name: 'errors-slowly', endsWell: false, failedRequests: 420 }),
    playedWell: scenario({ ending: 'aborted' }),
    says: 'Up to 420 requests failed',
  },
  'analysis-cannot-fail': {
    has: [good, template({ successCondition: 'len(result) >= 0', failureCondition: '' })],
    hasNot: fine,
    says: 'its conditions call every number good',
  },
  'no-analysis': { has: [canary({ steps: [{ setWeight: 10 }, pause] })], hasNot: fine, level: 'risk' },
  'users-left-in-it': {
    has: fine,
    hasNot: fine,
    played: scenario({ endsWell: false, ending: 'stuck', failedRequests: 3 }),
    playedWell: scenario({ ending: 'waiting' }),
    level: 'risk',
  },
  'only-inconclusive': {
    has: [good, template({ failureCondition: 'result[0] > 2e12' })],
    hasNot: fine,
    says: 'inconclusive, never failed',
  },
  'versions-not-told-apart': {
    has: [good, template({}, {}, ratio('1m', 'app="shop"'))],
    hasNot: [good, template({}, {}, ratio('1m', 'service="shop-canary"'))],
    says: 'At a weight of 10 % a version that fails 10 % of its requests passes it',
  },
  'unmeasured-step': {
    has: withTemplate(canary({ steps: [{ setWeight: 10 }, pause, { setWeight: 50 }, pause, { analysis }] })),
    hasNot: background({ count: undefined }),
    level: 'risk',
    says: 'The weight goes from 10 % to 50 %',
  },
  'promotes-unmeasured': {
    has: withTemplate(blueGreen({ postPromotionAnalysis: analysis })),
    hasNot: withTemplate(blueGreen(measured)),
  },
  'analysis-before-traffic': {
    has: withTemplate(canary({ steps: [{ analysis }, ...steps] })),
    hasNot: [canary({ steps: [{ analysis }, ...steps] }), template({ provider: { web: { url: 'http://shop/' } } })],
  },
  'analysis-ends-early': {
    has: background({ count: 3 }),
    hasNot: background({ count: 12 }),
    says: 'after 2m, while the steps pause for 10m',
  },
  'window-longer-than-pause': {
    has: [good, template({}, {}, ratio('10m', 'app="shop"'))],
    hasNot: [good, template({ count: 6 }, {}, ratio('10m', 'app="shop"'))],
    level: 'risk',
    says: '[0].provider.prometheus.query: Its window of 10m reaches back before the weight of 10 %',
  },
  'no-traffic': {
    has: [good, template({ successCondition: '', failureCondition: 'result[0] < 0.95' })],
    hasNot: fine,
    level: 'risk',
    says: 'call NaN good',
  },
  'moving-image-tag': {
    has: withTemplate(canary({}, {}, [{ ...container, image: 'registry:5000/shop' }])),
    hasNot: withTemplate(canary({}, {}, [{ ...container, image: 'registry:5000/shop:latest-7f3@sha256:00' }])),
    says: 'has no tag',
  },
  'release-loses-requests': {
    has: fine,
    hasNot: fine,
    played: scenario({ marks: [], failedRequests: 5 }),
    playedWell: scenario({ failedRequests: 5 }),
  },
  'rollback-overloads-stable': {
    has: fine,
    hasNot: fine,
    played: scenario({ ending: 'aborted', samples: [sample({}), sample({ weight: 80 }, 2), sample({}, 5)] }),
    playedWell: scenario({ ending: 'aborted', samples: [sample({}), sample({ weight: 80 }, 2), sample({}, 8)] }),
    says: '200 % of their usual load',
  },
  'stable-shrinks': {
    has: withTemplate(canary({ ...routed, dynamicStableScale: true })),
    hasNot: withTemplate(canary(routed)),
    says: 'at 50 % it keeps 50 %',
  },
  'all-pods-at-once': {
    has: [rollout({ canary: { maxSurge: 0, maxUnavailable: '100%' } })],
    hasNot: [rollout({ canary: whole })],
  },
  'short-scale-down-delay': {
    has: withTemplate(blueGreen({ ...measured, scaleDownDelaySeconds: 5 })),
    hasNot: withTemplate(blueGreen({ ...measured, scaleDownDelaySeconds: 30 })),
  },
  'ready-at-once': { has: [rollout({ canary: whole })], hasNot: [rollout({ canary: whole }, { minReadySeconds: 10 })] },
  'no-readiness-probe': {
    has: withTemplate(canary({}, {}, [{ name: 'web', image: 'shop:1', ports: [{ containerPort: 80 }] }])),
    hasNot: withTemplate(canary({}, {}, [{ name: 'worker', image: 'shop:1' }])),
  },
  'outage-never-ends': {
    has: [good, template({ consecutiveErrorLimit: 1000 })],
    hasNot: [good, template({ consecutiveErrorLimit: 4 })],
  },
  'coarse-weights': {
    has: withTemplate(canary({}, { replicas: 3 })),
    hasNot: withTemplate(canary(routed, { replicas: 3 })),
    says: 'of 3 pods, 10 % is one, which gets 33.3 %',
  },
  'no-deadline': { has: withTemplate(canary({}, { progressDeadlineAbort: false })), hasNot: fine, level: 'advice' },
  'good-version-taken-back': {
    has: fine,
    hasNot: fine,
    played: scenario({ endsWell: false, ending: 'aborted' }),
    playedWell: scenario({ ending: 'aborted' }),
  },
  'big-step': {
    has: withTemplate(canary({ steps: steps.slice(0, 3) })),
    hasNot: fine,
    says: 'from 10 % to 100 % at once',
  },
  'not-measured-afterwards': {
    has: withTemplate(blueGreen({ prePromotionAnalysis: analysis })),
    hasNot: withTemplate(blueGreen(measured)),
  },
  'capacity-taken': {
    has: withTemplate(canary({ maxUnavailable: '30%' })),
    hasNot: withTemplate(canary({ maxUnavailable: '20%' })),
    says: '3 of 10 pods',
  },
  'config-not-versioned': {
    has: withTemplate(reads('settings'), map('settings')),
    hasNot: withTemplate(reads('settings-7hk4f2m9b8'), map('settings-7hk4f2m9b8'), map('other')),
  },
  'single-pod': { has: withTemplate(canary(routed, { replicas: 1 })), hasNot: withTemplate(canary(routed, { replicas: 2 })) },
  'budget-allows-nothing': {
    has: withTemplate(good, budget({ minAvailable: 10 })),
    hasNot: withTemplate(good, budget({ minAvailable: '90%' })),
  },
};

function found(objects: readonly KubeObject[], played: readonly PlayedScenario[] = []) {
  const subject = objects.find(({ kind }) => kind === 'Rollout');
  if (subject === undefined) throw new Error('a case needs a Rollout');
  return leftOpen(objects, subject, played);
}

test('every rule has a case', () => {
  expect(Object.keys(cases)).toEqual(Object.keys(findingRules));
});

test('a manifest that is well made has no hole', () => {
  expect(found(fine, [scenario({ marks: [] }), scenario({ ending: 'aborted' })])).toEqual([]);
});

describe.each(Object.entries(cases))('%s', (rule, { has, hasNot, played, playedWell, level, says = '' }) => {
  test('is told where the hole is', () => {
    const holes = found(has, played === undefined ? [] : [played]).filter((one) => one.rule === rule);
    expect(holes.length).toBeGreaterThan(0);
    expect(holes.map(({ where, says: said }) => `${where}: ${said}`).join('\n')).toContain(says);
    if (level !== undefined) expect(holes[0]?.level).toBe(level);
    for (const { change, where } of holes) expect([change, where]).not.toContain('');
  });

  test('is not told where it is not', () => {
    const rules = found(hasNot, playedWell === undefined ? [] : [playedWell]).map((one) => one.rule);
    expect(rules).not.toContain(rule);
  });
});

test.each([
  ['dry runs alone', [good, template({}, { dryRun: [{ metricName: '.*' }] })], 'analysis-cannot-fail', true],
  [
    'a dry run beside another metric',
    [good, template({}, { metrics: [metricOf('a'), metricOf('b')], dryRun: [{ metricName: 'a' }] })],
    'analysis-cannot-fail',
    false,
  ],
  ['a template that is in none of the files', [good], 'no-analysis', false],
  ['a background analysis that starts late', background({ count: undefined }, 2), 'unmeasured-step', true],
  ['a background analysis that measures seldom', background({ count: undefined, interval: '10m' }), 'unmeasured-step', true],
  ['a first weight of half of all', withTemplate(canary({ steps: [{ setWeight: 50 }, pause, { analysis }] })), 'big-step', true],
  [
    'a query by the label of canary pods',
    [canary({ canaryMetadata: { labels: { role: 'new' } } }), template({}, {}, ratio('1m', 'role="new"'))],
    'versions-not-told-apart',
    false,
  ],
  ['a query grouped by pods', [good, template({}, {}, 'min by (pod) (up{app="shop"})')], 'versions-not-told-apart', false],
  [
    'a query after the switch',
    [blueGreen({ ...measured, prePromotionAnalysis: undefined }), template({}, {}, ratio('1m', 'app="shop"'))],
    'versions-not-told-apart',
    false,
  ],
  ['a query with a value for no traffic', [good, template({}, {}, `${ratio()} or vector(1)`)], 'no-traffic', false],
  [
    'no data for no traffic, which is an error',
    [good, template({ successCondition: 'result[0] >= 0.99', failureCondition: 'result[0] < 0.99' })],
    'no-traffic',
    true,
  ],
  ['a bad value for no traffic', [good, template({ failureCondition: '' })], 'no-traffic', true],
  [
    'a person who looks before the switch',
    withTemplate(blueGreen({ postPromotionAnalysis: analysis, autoPromotionEnabled: false })),
    'promotes-unmeasured',
    false,
  ],
  [
    'an autoscaler above one pod',
    withTemplate(canary(routed, { replicas: 1 }), {
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'shop' },
      spec: { minReplicas: 3, scaleTargetRef: { kind: 'Rollout', name: 'shop' } },
    } as KubeObject),
    'single-pod',
    false,
  ],
  [
    'a failure that is undone, behind the deadline too',
    withTemplate({
      ...canary({}, { progressDeadlineAbort: false }),
      metadata: { name: 'shop', annotations: { 'rampart.dev/on-failure': 'undo' } },
    }),
    'no-deadline',
    false,
  ],
  [
    'a namespace that is not ours',
    [canary({}), { ...template({ failureCondition: '', successCondition: '' }), metadata: { name: 'ratio', namespace: 'other' } }],
    'analysis-cannot-fail',
    false,
  ],
] as const)('%s', (_, objects, rule, isTold) => {
  expect(found(objects as readonly KubeObject[]).some((one) => one.rule === rule)).toBe(isTold);
});

function metricOf(name: string) {
  return { name, ...judged, provider: { prometheus: { query: ratio() } } };
}

test('what one field explains is told of there, and not as a version that nobody noticed', () => {
  const crashed = scenario({ name: 'pods-crash', endsWell: false, ending: 'stuck', failedRequests: 81_242 });
  const [only, ...more] = found(fine, [crashed]);
  expect(more).toEqual([]);
  expect(only).toMatchObject({ rule: 'ready-at-once', level: 'risk' });
  expect(only?.says).toContain('(pods-crash). Up to 81,242 requests failed');
  const patient = found(withTemplate(canary({}, { minReadySeconds: 30 })), [crashed]);
  expect(patient.map(({ rule }) => rule)).toEqual(['users-left-in-it']);
});

test('a version that waits since Prometheus has no data is told apart from one that waits by itself', () => {
  const waits = { endsWell: false, ending: 'waiting' as const };
  const told = found(fine, [scenario({ ...waits, name: 'prometheus-nan' }), scenario({ ...waits, name: 'errors' })]);
  expect(told.map(({ rule }) => rule)).toEqual(['users-left-in-it', 'users-left-in-it']);
  expect(told[0]?.change).toContain('Let missing data fail');
});

test('risks stand first, and a template that two steps use is told of once', () => {
  const levels = found([canary({}, { progressDeadlineAbort: false, replicas: 3 }), template({ failureCondition: '' })]).map(
    ({ level }) => level,
  );
  expect(levels).toEqual(['risk', 'advice', 'advice']);
});

test('what is malformed is not judged, and ends nothing', () => {
  for (const spec of [
    null,
    7,
    'text',
    { strategy: 'canary' },
    { strategy: { canary: { steps: [null, { setWeight: 'x' }] } } },
    { template: { spec: { containers: 'x' } } },
  ]) {
    const broken = { kind: 'Rollout', metadata: { name: 'shop' }, spec } as unknown as KubeObject;
    expect(() => leftOpen([broken, template({ provider: 7, count: 'x' })], broken, [])).not.toThrow();
  }
});
