import { describe, expect, it } from 'vitest';
import { decodeRollout } from '../decode.ts';
import { invalidSpecMessage, problemText } from './invalid-spec.ts';
import { validateRollout } from './rollout.ts';

const valid = {
  selector: { matchLabels: { app: 'shop' } },
  template: { metadata: { labels: { app: 'shop', tier: 'web' } }, spec: { containers: [{ name: 'web', image: 'shop:1' }] } },
  strategy: { canary: {} },
};
const gateway = {
  canaryService: 'shop-canary',
  stableService: 'shop-stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop', namespace: 'default' } } },
};

function problemsOf(spec: object, rest: object = {}): readonly string[] {
  const { rollout, problems } = decodeRollout({ metadata: { name: 'shop' }, spec, ...rest });
  return validateRollout(rollout, problems).map(problemText);
}
const ofSpec = (change: object) => problemsOf({ ...valid, ...change });
const ofCanary = (canary: object) => ofSpec({ strategy: { canary } });
const ofStep = (step: object) => ofCanary({ steps: [step] });
const ofRoutedStep = (step: object) => ofCanary({ ...gateway, steps: [step] });
const ofRouting = (trafficRouting: object) => ofCanary({ ...gateway, trafficRouting });
const at = 'spec.strategy.canary';
const step = `${at}.steps[0]`;
const exactlyOne =
  'must have exactly one of preferredDuringSchedulingIgnoredDuringExecution and requiredDuringSchedulingIgnoredDuringExecution';
const unsupported = 'is not supported by this version of Rampart';

describe('a Rollout that is fine', () => {
  it.each([
    {},
    { strategy: { canary: { maxSurge: '25', maxUnavailable: 0 } } },
    { strategy: { canary: { maxSurge: 0, maxUnavailable: '1%' } } },
    { strategy: { canary: { abortScaleDownDelaySeconds: 0, minPodsPerReplicaSet: 2 } } },
    { strategy: { canary: { steps: [{ setWeight: 0 }, { setWeight: 100 }, { pause: {} }, { pause: { duration: '10' } }] } } },
    { strategy: { canary: { ...gateway, scaleDownDelaySeconds: 30, steps: [{ setCanaryScale: { replicas: 0 } }] } } },
    { strategy: { canary: { ...gateway, steps: [{ setCanaryScale: { matchTrafficWeight: true } }] } } },
    { selector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['shop'] }] } },
    { progressDeadlineAbort: true },
    { rollbackWindow: { revisions: 2 } },
    { strategy: { canary: { replicaProgressThreshold: { type: 'Percent', value: 90 } } } },
    { strategy: { canary: { replicaProgressThreshold: { type: 'Pods', value: 3 } } } },
    { strategy: { canary: { ...gateway, scaleDownDelayRevisionLimit: 0 } } },
    { strategy: { canary: { ...gateway, dynamicStableScale: true, abortScaleDownDelaySeconds: 0 } } },
    { strategy: { canary: { dynamicStableScale: false } } },
    { strategy: { canary: { trafficRouting: gateway.trafficRouting, pingPong: { pingService: 'a', pongService: 'b' } } } },
  ])('%j', (change) => {
    expect(ofSpec(change)).toEqual([]);
  });

  it('may weigh by more than a hundred parts', () => {
    const trafficRouting = { ...gateway.trafficRouting, maxTrafficWeight: 1000 };
    expect(ofCanary({ ...gateway, trafficRouting, steps: [{ setWeight: 1000 }] })).toEqual([]);
  });

  it('may be restarted, and add to its pods', () => {
    const antiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 100 } };
    const canary = { antiAffinity, canaryMetadata: { labels: { role: 'canary', 'a.b/c': '' } }, stableMetadata: {} };
    expect(problemsOf({ ...valid, restartAt: '2026-01-01T00:00:00Z', strategy: { canary } })).toEqual([]);
  });
});

describe('the whole', () => {
  it('tells everything that is missing', () => {
    expect(problemsOf({ strategy: { canary: {} } })).toEqual([
      'spec.selector: is required: name the labels that all pods of this Rollout carry',
      'spec.template: is required: describe the pods to run',
    ]);
  });

  it.each<[object, string]>([
    [{ selector: {} }, 'spec.selector: must not be empty, or it would select every pod of the namespace'],
    [
      { selector: { matchLabels: { app: 'till' } } },
      'spec.template.metadata.labels: must match spec.selector: add the labels that it names',
    ],
    [
      { selector: { matchExpressions: [{ key: 'app', operator: 'Is' }] } },
      'spec.selector.matchExpressions[0].operator: must be In, NotIn, Exists or DoesNotExist, got "Is"',
    ],
    [
      { template: { metadata: { labels: { app: 'shop' } } } },
      'spec.template.spec.containers: is required: name at least one container',
    ],
    [{ replicas: -1 }, 'spec.replicas: must not be negative, got -1'],
    [{ replicas: 'two' }, 'spec.replicas: must be a whole number of at least 0, got "two"'],
    [{ analysis: { successfulRunHistoryLimit: -2 } }, 'spec.analysis.successfulRunHistoryLimit: must not be negative, got -2'],
    [{ minReadySeconds: 600 }, 'spec.progressDeadlineSeconds: must be greater than minReadySeconds (600), got 600'],
    [{ strategy: {} }, 'spec.strategy: is required: set canary or blueGreen ("canary: {}" is a rolling update)'],
    [{ rollbackWindow: { revisions: -1 } }, 'spec.rollbackWindow.revisions: must not be negative, got -1'],
    [
      { strategy: { blueGreen: { activeService: 'shop', antiAffinity: {} } } },
      `spec.strategy.blueGreen.antiAffinity: ${exactlyOne}`,
    ],
    [
      { strategy: { blueGreen: { activeService: 'shop', activeMetadata: { labels: { app: 'x' } } } } },
      'spec.strategy.blueGreen.activeMetadata.labels["app"]: must not be one that spec.selector names: pods that lost it would belong to nobody',
    ],
    [
      { strategy: { canary: { stableMetadata: { labels: { 'rollouts-pod-template-hash': 'x' } } } } },
      'spec.strategy.canary.stableMetadata.labels["rollouts-pod-template-hash"]: must not be set: it tells the versions apart',
    ],
    [
      { strategy: { canary: { canaryMetadata: { labels: { role: 'my canary' } } } } },
      'spec.strategy.canary.canaryMetadata.labels["role"]: must have a value of letters, digits, -, _ and ., 63 at most, got "my canary"',
    ],
    [
      { strategy: { canary: { canaryMetadata: { annotations: { 'a b': 'x' } } } } },
      'spec.strategy.canary.canaryMetadata.annotations["a b"]: must be a name such as tier or example.com/tier: letters, digits, -, _ and ., 63 at most',
    ],
    [
      { strategy: { blueGreen: { activeService: '' } } },
      'spec.strategy.blueGreen.activeService: is required: name the Service that users reach',
    ],
    [
      { strategy: { blueGreen: { activeService: 'shop', previewService: 'shop' } } },
      'spec.strategy.blueGreen.previewService: must differ from activeService, both are "shop"',
    ],
    [
      { strategy: { blueGreen: { activeService: 'shop', previewReplicaCount: -1 } } },
      'spec.strategy.blueGreen.previewReplicaCount: must not be negative, got -1',
    ],
    [
      { strategy: { blueGreen: { activeService: 'shop', autoPromotionSeconds: -5 } } },
      'spec.strategy.blueGreen.autoPromotionSeconds: must not be negative, got -5',
    ],
    [
      { strategy: { blueGreen: { activeService: 'shop', scaleDownDelayRevisionLimit: -1 } } },
      'spec.strategy.blueGreen.scaleDownDelayRevisionLimit: must not be negative, got -1',
    ],
    [
      { strategy: { blueGreen: { activeService: 'shop', prePromotionAnalysis: { templates: [{ templateName: '' }] } } } },
      'spec.strategy.blueGreen.prePromotionAnalysis.templates[0].templateName: must not be empty',
    ],
  ])('%j', (change, problem) => {
    expect(ofSpec(change)).toEqual([problem]);
  });

  it('refuses an on-failure that it does not know', () => {
    const metadata = { name: 'shop', annotations: { 'rampart.dev/on-failure': 'redo' } };
    expect(problemsOf(valid, { metadata })).toEqual([
      'metadata.annotations["rampart.dev/on-failure"]: must be undo or absent, got "redo"',
    ]);
  });
});

describe('the canary', () => {
  it.each<[object, string]>([
    [
      { maxSurge: 0, maxUnavailable: '0%' },
      `${at}.maxSurge: must not be 0 while maxUnavailable is 0, or no pod could ever be replaced`,
    ],
    [{ maxSurge: 'some' }, `${at}.maxSurge: must be a number or a percentage such as 25%, got "some"`],
    [{ maxUnavailable: '101%' }, `${at}.maxUnavailable: must not be more than 100%, got 101%`],
    [{ maxUnavailable: -1 }, `${at}.maxUnavailable: must not be negative, got -1`],
    [
      { scaleDownDelaySeconds: 5 },
      `${at}.scaleDownDelaySeconds: can only be used with trafficRouting: name a router, or take it out`,
    ],
    [{ canaryService: 'a', stableService: 'a' }, `${at}.stableService: must differ from canaryService, both are "a"`],
    [
      { trafficRouting: gateway.trafficRouting, canaryService: 'a' },
      `${at}.stableService: is required with trafficRouting: weights are shared out between the two Services`,
    ],
    [{ antiAffinity: {} }, `${at}.antiAffinity: ${exactlyOne}`],
    [
      { antiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: { weight: 101 } } },
      `${at}.antiAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight: must be from 1 to 100, got 101`,
    ],
    [{ dynamicStableScale: true }, `${at}.dynamicStableScale: can only be used with trafficRouting: name a router, or take it out`],
    [
      { ...gateway, dynamicStableScale: true, scaleDownDelaySeconds: 5 },
      `${at}.dynamicStableScale: cannot be used with scaleDownDelaySeconds: the version before goes as its traffic does; take one of them out`,
    ],
    [
      { pingPong: { pingService: 'a', pongService: 'b' } },
      `${at}.pingPong: can only be used with trafficRouting: name a router, or take it out`,
    ],
    [
      { trafficRouting: gateway.trafficRouting, pingPong: { pingService: 'a', pongService: 'a' } },
      `${at}.pingPong.pongService: must differ from pingService, both are "a"`,
    ],
    [
      { trafficRouting: gateway.trafficRouting, pingPong: { pingService: '', pongService: 'a' } },
      `${at}.pingPong.pingService: must name a Service`,
    ],
    [
      { replicaProgressThreshold: { type: 'Share', value: 5 } },
      `${at}.replicaProgressThreshold.type: must be Percent or Pods, got "Share"`,
    ],
    [
      { replicaProgressThreshold: { type: 'Percent', value: 101 } },
      `${at}.replicaProgressThreshold.value: must not be more than 100 percent, got 101`,
    ],
    [
      { replicaProgressThreshold: { type: 'Pods', value: -1 } },
      `${at}.replicaProgressThreshold.value: must not be negative, got -1`,
    ],
    [{ analysis: { startingStep: -1 } }, `${at}.analysis.startingStep: must not be negative, got -1`],
  ])('%j', (canary, problem) => {
    expect(ofCanary(canary)).toEqual([problem]);
  });

  it.each<[object, string]>([
    [{}, `${at}.trafficRouting: names no router; set plugins["argoproj-labs/gatewayAPI"] or nginx`],
    [{ istio: {} }, `${at}.trafficRouting.istio: router istio ${unsupported}`],
    [{ plugins: { 'a/b': {} } }, `${at}.trafficRouting.plugins["a/b"]: router plugin "a/b" ${unsupported}`],
    [
      { ...gateway.trafficRouting, managedRoutes: [{ name: 'a' }, { name: 'a' }] },
      `${at}.trafficRouting.managedRoutes[1].name: must be unique, got "a" twice`,
    ],
    [
      { plugins: { 'argoproj-labs/gatewayAPI': { httpRoutes: [{}] } } },
      `${at}.trafficRouting.plugins["argoproj-labs/gatewayAPI"].httpRoutes[0].name: is required`,
    ],
    [
      { plugins: { 'argoproj-labs/gatewayAPI': {} } },
      `${at}.trafficRouting.plugins["argoproj-labs/gatewayAPI"]: names no route; set httpRoute, grpcRoute, tcpRoute or tlsRoute, their lists, or their selectors`,
    ],
    [
      { plugins: { 'argoproj-labs/gatewayAPI': 'shop' } },
      `${at}.trafficRouting.plugins["argoproj-labs/gatewayAPI"]: must be an object, got "shop"`,
    ],
  ])('routed by %j', (trafficRouting, problem) => {
    expect(ofRouting(trafficRouting)).toEqual([problem]);
  });
});

it('refuses pingPong with routers that know fixed roles only', () => {
  const canary = { pingPong: { pingService: 'a', pongService: 'b' }, trafficRouting: { nginx: { stableIngress: 'shop' } } };
  expect(ofCanary(canary)).toContain(
    `${at}.pingPong: cannot be used with router nginx, which knows a stable and a canary Service only; use plugins, istio, alb, or canaryService and stableService`,
  );
});

describe('steps', () => {
  it.each<[object, string]>([
    [
      {},
      `${step}: must have one of setWeight, pause, setCanaryScale, analysis, experiment, setHeaderRoute, setMirrorRoute, plugin`,
    ],
    [{ setWeight: 5, pause: {} }, `${step}: must have only one of setWeight, pause; make them steps of their own`],
    [{ setWeight: 101 }, `${step}.setWeight: must be from 0 to 100, got 101`],
    [
      { pause: { duration: '5x' } },
      `${step}.pause.duration: must be a number of seconds or a duration such as 30s, 5m or 1h30m, got "5x"`,
    ],
    [{ pause: { duration: -5 } }, `${step}.pause.duration: must not be negative, got -5`],
    [
      { setCanaryScale: { replicas: 1 } },
      `${step}.setCanaryScale: can only be used with trafficRouting: name a router, or take it out`,
    ],
    [{ analysis: {} }, `${step}.analysis.templates: must name at least one template`],
    [{ analysis: { templates: [{}] } }, `${step}.analysis.templates[0].templateName: is required`],
    [
      { analysis: { templates: [{ templateName: 'a' }], args: [{ name: 'b', value: 'c', valueFrom: {} }] } },
      `${step}.analysis.args[0]: must have only one of value and valueFrom`,
    ],
    [
      {
        analysis: {
          templates: [{ templateName: 'a' }],
          args: [{ name: 'b', valueFrom: { fieldRef: { fieldPath: 'metadata.x' } } }],
        },
      },
      `${step}.analysis.args[0].valueFrom.fieldRef.fieldPath: must be metadata.name, metadata.namespace, metadata.uid, metadata.labels['key'] or metadata.annotations['key'], got "metadata.x"`,
    ],
    [{ plugin: { name: 'a' } }, `${step}.plugin: plugin step ${unsupported}`],
    [{ setWeight: 'ten' }, `${step}.setWeight: must be a whole number from 0 to 100 (or to maxTrafficWeight), got "ten"`],
  ])('%j', (oneStep, problem) => {
    expect(ofStep(oneStep)).toEqual([problem]);
  });

  it.each<[object, string]>([
    [{ setCanaryScale: {} }, `${step}.setCanaryScale: must have exactly one of weight, replicas and matchTrafficWeight: true`],
    [{ setCanaryScale: { weight: 200 } }, `${step}.setCanaryScale.weight: must be from 0 to 100, got 200`],
  ])('routed: %j', (oneStep, problem) => {
    expect(ofRoutedStep(oneStep)).toEqual([problem]);
  });
});

describe('the message', () => {
  it('names the Rollout and every problem, up to ten', () => {
    const problems = Array.from({ length: 12 }, (_, index) => ({ path: `spec.x[${index}]`, message: 'is bad' }));
    expect(invalidSpecMessage('shop', problems.slice(0, 2))).toBe(
      'The Rollout "shop" is invalid: spec.x[0]: is bad; spec.x[1]: is bad',
    );
    expect(invalidSpecMessage('shop', problems)).toMatch(/spec\.x\[9\]: is bad; and 2 more$/);
  });
});
