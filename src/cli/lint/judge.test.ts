import { expect, test } from 'vitest';
import { unpainted } from '../print/tone.ts';
import { readDocuments } from './documents.ts';
import { type JudgeOptions, judge } from './judge.ts';
import { findingsText } from './print-findings.ts';

const options: JudgeOptions = { namespace: 'default', isComplete: false, production: false };

/** What lint says of this text: `error Rollout shop spec.x: why` */
function said(text: string, changed: Partial<JudgeOptions> = {}): readonly string[] {
  const { manifests, unreadable } = readDocuments('shop.yaml', text);
  const { findings } = judge(manifests, unreadable, { ...options, ...changed });
  return findings.map(({ level, object, path, message }) => `${level} ${object} ${path}: ${message}`.replaceAll(/ {2,}/g, ' '));
}

const rollout = (strategy: object, more: object = {}, metadata: object = {}) =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop', ...metadata },
    spec: {
      replicas: 4,
      selector: { matchLabels: { app: 'shop' } },
      template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop:1' }] } },
      strategy,
      ...more,
    },
  });
const documents = (...all: readonly string[]) => all.join('\n---\n');
const template = (metric: object, spec: object = {}, name = 'ratio') =>
  JSON.stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: { metrics: [{ name: 'm', provider: { prometheus: { address: 'http://p', query: 'x' } }, ...metric }], ...spec },
  });
const service = (name: string, selector: object = { app: 'shop' }) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector, ports: [{ port: 80 }] } });
const route = (...backends: readonly string[]) =>
  JSON.stringify({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'shop' },
    spec: { rules: [{ backendRefs: backends.map((name) => ({ name, port: 80 })) }] },
  });

const good = { successCondition: 'result[0] >= 0.95', count: 3, interval: '1m' };
const analysis = { templates: [{ templateName: 'ratio' }] };
const measured = { steps: [{ setWeight: 20 }, { analysis }] };
const routed = {
  ...measured,
  stableService: 'stable',
  canaryService: 'canary',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};
const noAnalysis =
  'warning Rollout shop spec.strategy: has no analysis: a bad version is taken back only by a person, or by progressDeadlineAbort where its pods do not start';
const recreate = { maxSurge: 0, maxUnavailable: '100%' };
const takesAll =
  'warning Rollout shop spec.strategy.canary: takes all pods away before new ones come (no steps, maxSurge 0, maxUnavailable 100%): users meet nothing meanwhile';

const workloadRef = rollout(
  { canary: measured },
  { selector: undefined, template: undefined, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'backend' } },
);
const deployment = (spec: object) =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'backend' },
    spec: { selector: { matchLabels: { app: 'shop' } }, template: { metadata: { labels: { app: 'shop' } }, spec } },
  });

interface Case {
  readonly text: string;
  readonly options?: Partial<JudgeOptions>;
  readonly says: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'a Rollout that is measured': { text: documents(rollout({ canary: measured }), template(good)), says: [] },
  'a Rollout that is not': { text: rollout({ canary: { steps: [{ setWeight: 20 }] } }), says: [noAnalysis] },
  'a file with nothing for us': { text: service('other'), says: [] },
  'a weight that is none': {
    text: documents(rollout({ canary: { steps: [{ setWeight: 101 }, { analysis }] } }), template(good)),
    says: ['error Rollout shop spec.strategy.canary.steps[0].setWeight: must be from 0 to 100, got 101'],
  },
  'a field of the wrong kind': {
    text: rollout({ canary: measured }, { replicas: 'four' }),
    says: ['error Rollout shop spec.replicas: must be a whole number of at least 0, got "four"'],
  },
  'misspelled fields, wherever they stand': {
    text: documents(
      rollout({ canary: { steps: [{ setWieght: 20 }, { analysis }], maxsurge: 1 } }, { Paused: true }),
      template({ ...good, failurelimit: 2 }),
    ),
    says: [
      'error Rollout shop spec.strategy.canary.steps[0]: must have one of setWeight, pause, setCanaryScale, analysis, experiment, setHeaderRoute, setMirrorRoute, plugin',
      'error Rollout shop spec.strategy.canary.steps[0].setWieght: is no field of the API: it would be dropped; look at its spelling and where it stands',
      'error Rollout shop spec.strategy.canary.maxsurge: is no field of the API: it would be dropped; look at its spelling and where it stands',
      'error Rollout shop spec.Paused: is no field of the API: it would be dropped; look at its spelling and where it stands',
      'error AnalysisTemplate ratio spec.metrics[0].failurelimit: is no field of the API: it would be dropped; look at its spelling and where it stands',
    ],
  },
  'a pause without an end': {
    text: documents(rollout({ canary: { steps: [{ pause: {} }, { analysis }] } }), template(good)),
    says: ['warning Rollout shop spec.strategy.canary.steps[0].pause: has no duration: it waits until a person promotes'],
  },
  'blue-green for a person': {
    text: documents(
      rollout({ blueGreen: { activeService: 'active', autoPromotionEnabled: false, prePromotionAnalysis: analysis } }),
      template(good),
    ),
    says: [
      'warning Rollout shop spec.strategy.blueGreen.autoPromotionEnabled: is false: a new version waits until a person promotes',
    ],
  },
  'recreate where nobody minds': { text: rollout({ canary: recreate }), says: [noAnalysis] },
  'recreate in a namespace of production': {
    text: rollout({ canary: recreate }, {}, { namespace: 'shop-production' }),
    says: [takesAll, noAnalysis],
  },
  'recreate with a label of production': {
    text: rollout({ canary: recreate }, {}, { labels: { 'example.com/env': 'prod' } }),
    says: [takesAll, noAnalysis],
  },
  'recreate by number, judged for production': {
    text: rollout({ canary: { maxSurge: '0%', maxUnavailable: 4 } }),
    options: { production: true },
    says: [takesAll, noAnalysis],
  },
  'a template that nobody has written': { text: rollout({ canary: measured }), says: [] },
  'a template of another name': {
    text: documents(rollout({ canary: measured }), template(good, {}, 'ration')),
    says: [
      "warning Rollout shop spec.strategy.canary.steps[1].analysis.templates[0].templateName: AnalysisTemplate 'ratio' not found; it is in none of these files",
    ],
  },
  'a template that is missing where everything is at hand': {
    text: rollout({ canary: measured }),
    options: { isComplete: true },
    says: [
      "error Rollout shop spec.strategy.canary.steps[1].analysis.templates[0].templateName: AnalysisTemplate 'ratio' not found",
    ],
  },
  'a template in trouble is told once, at the template': {
    text: documents(rollout({ canary: measured }), template({ ...good, successCondition: 'result[0 >= 1' })),
    says: ['error AnalysisTemplate ratio spec.metrics[0].successCondition: '],
  },
  'a step that would never end': {
    text: documents(rollout({ canary: measured }), template({ ...good, count: undefined })),
    says: [
      "error Rollout shop AnalysisTemplate 'ratio': spec.metrics[0]: metric 'm' runs indefinitely; what waits for it needs a count",
    ],
  },
  'a metric without conditions': {
    text: template({ count: 1 }),
    says: [
      'warning AnalysisTemplate ratio spec.metrics[0]: can never fail: it has neither successCondition nor failureCondition, so every value is good',
    ],
  },
  'a condition that is always true': {
    text: template({ successCondition: 'len(result) >= 0 || result[0] < 1' }),
    says: ['warning AnalysisTemplate ratio spec.metrics[0]: can never fail, it seems: its conditions call every number good'],
  },
  'limits that put up with everything': {
    text: template({ ...good, failureLimit: 3 }),
    says: ['warning AnalysisTemplate ratio spec.metrics[0]: can never fail: a failureLimit of 3 puts up with all 3 measurements'],
  },
  'a dry run may be as it likes': { text: template({ count: 1 }, { dryRun: [{ metricName: 'm' }] }), says: [] },
  'arguments that a Rollout gives are not judged': {
    text: template(
      { successCondition: 'result[0] >= {{args.least}}', interval: '{{args.every}}', count: '{{ args.times }}' },
      { args: [{ name: 'least' }, { name: 'every' }, { name: 'times' }] },
    ),
    says: [],
  },
  'an argument that is not declared': {
    text: template({ ...good, successCondition: 'result[0] >= {{args.least}}' }),
    says: ['warning AnalysisTemplate ratio spec.metrics[0]: uses args.least, which spec.args does not name'],
  },
  'Services and a route that fit': {
    text: documents(rollout({ canary: routed }), template(good), service('stable'), service('canary'), route('stable', 'canary')),
    says: [],
  },
  'a route without the canary': {
    text: documents(rollout({ canary: routed }), template(good), service('stable'), service('canary'), route('stable', 'other')),
    says: [
      'error Rollout shop spec.strategy.canary.trafficRouting.plugins["argoproj-labs/gatewayAPI"].httpRoute: no rule of HTTPRoute "shop" has both stable and canary as backends; weights could not be set',
    ],
  },
  'a Service of another name, and one that selects other pods': {
    text: documents(rollout({ canary: routed }), template(good), service('stable', { app: 'other' }), service('cannary')),
    says: [
      'warning Rollout shop spec.strategy.canary.canaryService: Service "canary" not found; create it in the namespace of the Rollout; it is in none of these files',
      'error Rollout shop spec.strategy.canary.stableService: Service "stable" selects app=other, which spec.template does not label its pods with',
    ],
  },
  'two Rollouts on one Service': {
    text: documents(
      rollout({ blueGreen: { activeService: 'active', prePromotionAnalysis: analysis } }),
      rollout({ blueGreen: { activeService: 'active', prePromotionAnalysis: analysis } }, {}, { name: 'api' }),
    ),
    says: [
      'error Rollout api spec.strategy.blueGreen.activeService: Service "active" is used by Rollout shop as well; each needs Services of its own',
    ],
  },
  'the same object twice': {
    text: documents(rollout({ canary: measured }), rollout({ canary: measured })),
    says: ['error Rollout shop metadata.name: is written twice, here and in shop.yaml:1; only one would stay'],
  },
  'a List': {
    text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [JSON.parse(rollout({ canary: { steps: [] } }))] }),
    says: [noAnalysis],
  },
  'another version of the API': {
    text: rollout({ canary: measured }).replace('v1alpha1', 'v1beta1'),
    says: ['error Rollout shop apiVersion: must be argoproj.io/v1alpha1, got "argoproj.io/v1beta1"'],
  },
  'an Experiment with a field too many': {
    text: JSON.stringify({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Experiment',
      metadata: { name: 'trial' },
      spec: { templates: [], durration: '1m' },
    }),
    says: [
      'error Experiment trial spec.templates: must hold at least one template: say which pods to run',
      'error Experiment trial spec.durration: is no field of the API: it would be dropped; look at its spelling and where it stands',
    ],
  },
  'an AnalysisRun that could not be measured': {
    text: JSON.stringify({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { name: 'trial' },
      spec: { metrics: [{ name: 'm', successCondition: '{{args.x}}', provider: { prometheus: { query: 'up' } } }] },
    }),
    says: ['error AnalysisRun trial spec: Unable to resolve metric arguments: args.x was not resolved'],
  },
  'a workload that is there': {
    text: documents(workloadRef, deployment({ containers: [{ name: 'web', image: 'shop:1' }] }), template(good)),
    says: [],
  },
  'a workload of another name': {
    text: documents(
      workloadRef.replace('"name":"backend"', '"name":"backened"'),
      deployment({ containers: [{ name: 'web', image: 'shop:1' }] }),
      template(good),
    ),
    says: [
      'warning Rollout shop spec.workloadRef.name: Deployment "backened" not found; create it in the namespace of the Rollout; it is in none of these files',
    ],
  },
  'what is no object': { text: '- a\n- b', says: ['error : is no object: it needs apiVersion, kind and metadata'] },
  'an object without a name': {
    text: 'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {}',
    says: ['error : Rollout has no metadata.name'],
  },
};

test.each(Object.entries(cases))('%s', (_, { text, options: changed, says }) => {
  const found = said(text, changed);
  expect(found).toHaveLength(says.length);
  for (const [index, words] of says.entries()) expect(found[index]).toContain(words.trim());
});

test('text that is no YAML names its line, and the rest of the file is judged all the same', () => {
  const text = `kind: Rollout\nspec: [1\n---\n${rollout({ canary: {} })}`;
  const { manifests, unreadable } = readDocuments('shop.yaml', text);
  expect(unreadable).toHaveLength(1);
  expect(unreadable[0]?.line).toBeGreaterThan(1);
  expect(manifests.map(({ line }) => line)).toEqual([4]);
});

test('hostile manifests are judged, not believed', () => {
  for (const spec of [
    null,
    'text',
    7,
    [],
    { strategy: 'canary' },
    { strategy: { canary: { steps: 'all' } } },
    { template: [], selector: 3 },
  ]) {
    const text = JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'shop' }, spec });
    expect(said(text).length, text).toBeGreaterThan(0);
  }
  for (const kind of ['AnalysisTemplate', 'ClusterAnalysisTemplate', 'AnalysisRun', 'Experiment']) {
    const of = (spec: unknown) => JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata: { name: 'x' }, spec });
    for (const spec of [null, 'text', { metrics: 7 }, { metrics: [null] }, { args: 'x' }, { templates: [7] }]) said(of(spec));
  }
});

test('findings stand under their object, errors first, and are counted', () => {
  const { manifests, unreadable } = readDocuments(
    'deploy/shop.yaml',
    rollout({ canary: { steps: [{ pause: {} }, { setWeight: -1 }] } }, {}, { namespace: 'shop' }),
  );
  const { findings, objects } = judge(manifests, unreadable, options);
  expect(findingsText(findings, objects, unpainted)).toBe(`deploy/shop.yaml:1  Rollout shop  (namespace shop)
  error     spec.strategy.canary.steps[1].setWeight: must be from 0 to 100, got -1
  warning   spec.strategy: has no analysis: a bad version is taken back only by a person, or by progressDeadlineAbort where its pods do not start
  warning   spec.strategy.canary.steps[0].pause: has no duration: it waits until a person promotes

1 object: 1 error, 2 warnings
`);
});

test('a provider that cannot be asked is refused where it is written, in templates and in runs', () => {
  const refused = "metric 'm' uses the provider datadog, which this version cannot ask; supported: job, prometheus, web";
  const provider = { datadog: { query: 'avg:requests' } };
  expect(said(template({ ...good, provider }))).toEqual([`error AnalysisTemplate ratio spec.metrics[0].provider: ${refused}`]);
  const run = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { name: 'r' },
    spec: { metrics: [{ name: 'm', ...good, provider }] },
  };
  expect(said(JSON.stringify(run))).toEqual([`error AnalysisRun r spec: ${refused}`]);
  for (const known of [{ web: { url: 'http://x' } }, { prometheus: { query: 'x' } }])
    expect(said(template({ ...good, provider: known }))).toEqual([]);
});
