/** Every rule that Argo Rollouts has about a Rollout by itself, and the sentence that a user of Rampart gets. What the API server refuses first is tried there. */
import { expect, it } from 'vitest';
import { decodeRollout } from '../decode.ts';
import { problemText } from './invalid-spec.ts';
import { validateRollout } from './rollout.ts';

const routed = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};
const template = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop' }] } };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' };
const canary = (strategy: object) => ({ strategy: { canary: strategy } });
const steps = (...list: readonly object[]) => canary({ steps: list });
const blueGreen = (strategy: object) => ({ strategy: { blueGreen: { activeService: 'active', ...strategy } } });
const analysis = (args: readonly object[]) => steps({ analysis: { templates: [{ templateName: 'good' }], args } });

/** rule -> the part of a spec that breaks it, and where the sentence begins */
const rules: Readonly<Record<string, readonly [change: object, says: string]>> = {
  'a selector is needed': [{ selector: undefined }, 'spec.selector: is required'],
  'an empty selector would select everything': [{ selector: {} }, 'spec.selector: must not be empty'],
  'a selector must be one': [
    { selector: { matchExpressions: [{ key: 'app', operator: 'Near' }] } },
    'spec.selector.matchExpressions[0].operator: must be',
  ],
  'a template is needed': [{ template: undefined }, 'spec.template: is required'],
  'the selector must match the template': [
    { selector: { matchLabels: { app: 'till' } } },
    'spec.template.metadata.labels: must match spec.selector',
  ],
  'no template beside a reference': [
    { workloadRef: deployment },
    'spec.template: template must be empty for workload reference rollout',
  ],
  'replicas below zero': [{ replicas: -1 }, 'spec.replicas: must not be negative'],
  'minReadySeconds below zero': [{ minReadySeconds: -1 }, 'spec.minReadySeconds: must not be negative'],
  'revisionHistoryLimit below zero': [{ revisionHistoryLimit: -1 }, 'spec.revisionHistoryLimit: must not be negative'],
  'a deadline that pods cannot meet': [
    { minReadySeconds: 30, progressDeadlineSeconds: 30 },
    'spec.progressDeadlineSeconds: must be greater than minReadySeconds (30), got 30',
  ],
  'a strategy is needed': [{ strategy: {} }, 'spec.strategy: is required'],
  'one strategy': [{ strategy: { canary: {}, blueGreen: { activeService: 'a' } } }, 'spec.strategy: must have only one of'],
  'a surge that is none': [canary({ maxSurge: 'some' }), 'spec.strategy.canary.maxSurge: must be'],
  'a share that is more than all': [
    canary({ maxUnavailable: '101%' }),
    'spec.strategy.canary.maxUnavailable: must not be more than 100%',
  ],
  'nothing may move': [canary({ maxSurge: 0, maxUnavailable: 0 }), 'spec.strategy.canary.maxSurge: must not be 0 while'],
  'a delay without a router': [
    canary({ scaleDownDelaySeconds: 5 }),
    'spec.strategy.canary.scaleDownDelaySeconds: can only be used with',
  ],
  'one Service for both sides': [
    canary({ canaryService: 'a', stableService: 'a' }),
    'spec.strategy.canary.stableService: must differ from canaryService',
  ],
  'a router needs a canary Service': [
    canary({ ...routed, canaryService: '' }),
    'spec.strategy.canary.canaryService: is required with',
  ],
  'a router needs a stable Service': [
    canary({ ...routed, stableService: '' }),
    'spec.strategy.canary.stableService: is required with',
  ],
  'a router must be named': [canary({ ...routed, trafficRouting: {} }), 'spec.strategy.canary.trafficRouting: names no router'],
  'maxTrafficWeight of other routers': [
    canary({ ...routed, trafficRouting: { smi: {}, maxTrafficWeight: 1000 } }),
    'spec.strategy.canary.trafficRouting.maxTrafficWeight: can only be used with nginx and plugins',
  ],
  'a step of nothing': [steps({}), 'spec.strategy.canary.steps[0]: must have'],
  'a step of two': [steps({ setWeight: 5, pause: {} }), 'spec.strategy.canary.steps[0]: must have'],
  'a weight above all': [steps({ setWeight: 101 }), 'spec.strategy.canary.steps[0].setWeight: must'],
  'a weight below none': [steps({ setWeight: -1 }), 'spec.strategy.canary.steps[0].setWeight: must'],
  'a pause that is no time': [steps({ pause: { duration: '5x' } }), 'spec.strategy.canary.steps[0].pause.duration: must'],
  'a pause below zero': [steps({ pause: { duration: -5 } }), 'spec.strategy.canary.steps[0].pause.duration: must'],
  'a scale without a router': [
    steps({ setCanaryScale: { replicas: 1 } }),
    'spec.strategy.canary.steps[0].setCanaryScale: can only be used with trafficRouting',
  ],
  'a scale of two': [
    canary({ ...routed, steps: [{ setCanaryScale: { replicas: 1, weight: 5 } }] }),
    'spec.strategy.canary.steps[0].setCanaryScale: must have',
  ],
  'a scale of nothing': [
    canary({ ...routed, steps: [{ setCanaryScale: {} }] }),
    'spec.strategy.canary.steps[0].setCanaryScale: must have',
  ],
  'a header route without a router': [
    steps({ setHeaderRoute: { name: 'a' } }),
    'spec.strategy.canary.steps[0].setHeaderRoute: can only be used with trafficRouting',
  ],
  'a header route that nobody manages': [
    canary({ ...routed, steps: [{ setHeaderRoute: { name: 'a' } }] }),
    'spec.strategy.canary.steps[0].setHeaderRoute.name: must be one of trafficRouting.managedRoutes',
  ],
  'a mirror route that nobody manages': [
    canary({ ...routed, steps: [{ setMirrorRoute: { name: 'a' } }] }),
    'spec.strategy.canary.steps[0].setMirrorRoute.name: must be one of trafficRouting.managedRoutes',
  ],
  'an analysis of nothing': [steps({ analysis: {} }), 'spec.strategy.canary.steps[0].analysis'],
  'an argument from two places': [
    analysis([{ name: 'a', value: 'b', valueFrom: { podTemplateHashValue: 'Latest' } }]),
    'spec.strategy.canary.steps[0].analysis.args[0]: must have only one of',
  ],
  'an argument from a field that is none': [
    analysis([{ name: 'a', valueFrom: { fieldRef: { fieldPath: 'metadata.x' } } }]),
    'spec.strategy.canary.steps[0].analysis.args[0].valueFrom.fieldRef.fieldPath: must be',
  ],
  'a starting step below the first': [
    canary({ analysis: { templates: [{ templateName: 'good' }], startingStep: -1 } }),
    'spec.strategy.canary.analysis.startingStep: must not be negative',
  ],
  'blue-green needs an active Service': [blueGreen({ activeService: '' }), 'spec.strategy.blueGreen.activeService: is required'],
  'one Service for active and preview': [
    blueGreen({ previewService: 'active' }),
    'spec.strategy.blueGreen.previewService: must differ from activeService',
  ],
  'a preview below no pods': [
    blueGreen({ previewReplicaCount: -1 }),
    'spec.strategy.blueGreen.previewReplicaCount: must not be negative',
  ],
  'a promotion before the update': [
    blueGreen({ autoPromotionSeconds: -1 }),
    'spec.strategy.blueGreen.autoPromotionSeconds: must not be negative',
  ],
  'a limit below none': [
    blueGreen({ scaleDownDelayRevisionLimit: -1 }),
    'spec.strategy.blueGreen.scaleDownDelayRevisionLimit: must not be negative',
  ],
  'a delay below zero': [
    blueGreen({ scaleDownDelaySeconds: -1 }),
    'spec.strategy.blueGreen.scaleDownDelaySeconds: must not be negative',
  ],
};

const good = { selector: { matchLabels: { app: 'shop' } }, template, strategy: { canary: {} } };

it.each(Object.entries(rules))('%s', (_rule, [change, says]) => {
  const { rollout, problems } = decodeRollout({ metadata: { name: 'shop' }, spec: { ...good, ...change } });
  const said = validateRollout(rollout, problems).map(problemText);
  expect(
    said.some((one) => one.startsWith(says)),
    said.join('\n'),
  ).toBe(true);
});

it('a good one breaks none', () => {
  expect(validateRollout(decodeRollout({ metadata: { name: 'shop' }, spec: good }).rollout)).toEqual([]);
});
