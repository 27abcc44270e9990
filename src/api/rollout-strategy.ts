/** Schemas of the two strategies of a Rollout. */
import * as z from 'zod';
import { rolloutAnalysisSchema } from './analysis-fields.ts';
import { canaryStepSchema, MAX_STEPS } from './canary-step.ts';
import { flag, int, intOrString, list, object, requiredInt, requiredText, text, withRules } from './fields.ts';
import { childMetadataSchema } from './kubernetes-fields.ts';
import { trafficRoutingSchema } from './traffic-routing.ts';

export const antiAffinitySchema = withRules(
  z.object({
    preferredDuringSchedulingIgnoredDuringExecution: object(
      z.object({ weight: requiredInt('How strongly, 1 to 100.', { minimum: 1, maximum: 100 }) }),
      'Rather not on a node that runs the version before.',
    ),
    requiredDuringSchedulingIgnoredDuringExecution: object(z.object({}), 'Never on a node that runs the version before.'),
  }),
  [
    {
      rule: 'has(self.preferredDuringSchedulingIgnoredDuringExecution) != has(self.requiredDuringSchedulingIgnoredDuringExecution)',
      message:
        'antiAffinity must have exactly one of preferredDuringSchedulingIgnoredDuringExecution and requiredDuringSchedulingIgnoredDuringExecution',
    },
  ],
);

const INT_OR_PERCENT = { pattern: '^[0-9]+%?$' };

const canaryStrategyFields = z.object({
  canaryService: text('Service that is made to select the pods of the new version.'),
  stableService: text('Service that is made to select the pods of the stable version.'),
  steps: list(canaryStepSchema, 'What to do, in order. Without steps it is a rolling update.', { maxItems: MAX_STEPS }),
  trafficRouting: object(trafficRoutingSchema, 'Splits traffic by a router; without it traffic follows the numbers of pods.'),
  maxSurge: intOrString(
    'Pods above spec.replicas during an update, as a number or a percentage (rounded up); 25% if absent.',
    INT_OR_PERCENT,
  ),
  maxUnavailable: intOrString(
    'Pods that may be missing during an update, as a number or a percentage (rounded down); 25% if absent.',
  ),
  analysis: object(
    rolloutAnalysisSchema.extend({
      startingStep: int('The step, counted from 0, from which on it runs.'),
    }),
    'Measures beside the steps for the whole update.',
  ),
  antiAffinity: object(antiAffinitySchema, 'Keeps the new version off the nodes of the version before.'),
  canaryMetadata: object(childMetadataSchema, 'Labels and annotations that pods wear while they are canary.'),
  stableMetadata: object(childMetadataSchema, 'Labels and annotations that pods wear while they are stable.'),
  scaleDownDelaySeconds: int(
    'How long the pods of the version before are kept after the update; 30 if absent. Only with trafficRouting.',
  ),
  scaleDownDelayRevisionLimit: int('How many versions before are kept for that time.'),
  abortScaleDownDelaySeconds: int(
    'How long canary pods are kept after an abort; 30 if absent, 0 keeps them. Only with trafficRouting.',
  ),
  dynamicStableScale: flag('Lets the stable version shrink as its traffic does. Only with trafficRouting.'),
  pingPong: object(
    z.object({
      pingService: requiredText('One of the two Services.'),
      pongService: requiredText('The other one.'),
    }),
    'Two Services that take turns in being the stable one.',
  ),
  minPodsPerReplicaSet: int('At least so many pods of a version that has any. Only with trafficRouting.'),
  replicaProgressThreshold: object(
    z.object({
      type: requiredText('Percent or Pods.'),
      value: requiredInt('How many.'),
    }),
    'How many canary pods must be available before a step counts as reached; all if absent.',
  ),
});

const MAX_WEIGHT =
  '(has(self.trafficRouting) && has(self.trafficRouting.maxTrafficWeight) ? self.trafficRouting.maxTrafficWeight : 100)';

export const canaryStrategySchema = withRules(canaryStrategyFields, [
  {
    rule: '!has(self.scaleDownDelaySeconds) || has(self.trafficRouting)',
    message: 'scaleDownDelaySeconds can only be used with trafficRouting',
  },
  {
    rule: "!has(self.canaryService) || !has(self.stableService) || self.canaryService == '' || self.canaryService != self.stableService",
    message: 'canaryService and stableService must not be the same Service',
  },
  {
    rule: "!has(self.maxSurge) || !has(self.maxUnavailable) || !(self.maxSurge == 0 || self.maxSurge == '0%') || !(self.maxUnavailable == 0 || self.maxUnavailable == '0%')",
    message: 'maxSurge and maxUnavailable must not both be 0, or no pod could ever be replaced',
  },
  {
    rule: '!has(self.scaleDownDelaySeconds) || !has(self.dynamicStableScale) || !self.dynamicStableScale',
    message: 'scaleDownDelaySeconds cannot be used with dynamicStableScale',
  },
  {
    rule: '!has(self.dynamicStableScale) || !self.dynamicStableScale || has(self.trafficRouting)',
    message: 'dynamicStableScale can only be used with trafficRouting',
  },
  {
    rule: "!has(self.replicaProgressThreshold) || (self.replicaProgressThreshold.value >= 0 && (self.replicaProgressThreshold.type == 'Pods' || (self.replicaProgressThreshold.type == 'Percent' && self.replicaProgressThreshold.value <= 100)))",
    message:
      'replicaProgressThreshold must be of type Percent with a value from 0 to 100, or of type Pods with a value that is not negative',
  },
  {
    rule: '!has(self.pingPong) || (has(self.trafficRouting) && self.pingPong.pingService != self.pingPong.pongService)',
    message: 'pingPong needs trafficRouting and two different Services',
  },
  {
    rule: '!has(self.steps) || has(self.trafficRouting) || self.steps.all(step, !has(step.setCanaryScale))',
    message: 'a step setCanaryScale can only be used with trafficRouting',
  },
  {
    rule: '!has(self.steps) || !has(self.trafficRouting) || !has(self.trafficRouting.nginx) || self.steps.all(step, !has(step.setHeaderRoute) && !has(step.setMirrorRoute))',
    message: 'router nginx does not carry the steps setHeaderRoute and setMirrorRoute',
  },
  {
    rule: `!has(self.steps) || self.steps.all(step, !has(step.setWeight) || step.setWeight <= ${MAX_WEIGHT})`,
    message: 'a step setWeight must be from 0 to 100, or to maxTrafficWeight',
  },
]);

const blueGreenStrategyFields = z.object({
  activeService: requiredText('Service that users reach.'),
  previewService: text('Service that selects the new version before it is active.'),
  previewReplicaCount: int('Pods of the new version until it is promoted, spec.replicas at most; spec.replicas if absent.'),
  autoPromotionEnabled: flag('False waits for a person before the switch; true if absent.'),
  autoPromotionSeconds: int('Waits so long, or for a person, before the switch.'),
  maxUnavailable: intOrString('Pods that may be missing during a restart; 25% if absent.'),
  scaleDownDelaySeconds: int('How long the pods of the version before are kept after the switch; 30 if absent.'),
  scaleDownDelayRevisionLimit: int('How many versions before are kept for that time.'),
  abortScaleDownDelaySeconds: int('How long preview pods are kept after an abort; 30 if absent, 0 keeps them.'),
  prePromotionAnalysis: object(rolloutAnalysisSchema, 'Measures before the switch; a failure prevents it.'),
  postPromotionAnalysis: object(rolloutAnalysisSchema, 'Measures after the switch; a failure takes it back.'),
  antiAffinity: object(antiAffinitySchema, 'Keeps the new version off the nodes of the version before.'),
  activeMetadata: object(childMetadataSchema, 'Labels and annotations that pods wear while they are active.'),
  previewMetadata: object(childMetadataSchema, 'Labels and annotations that pods wear while they are preview.'),
});

export const blueGreenStrategySchema = withRules(blueGreenStrategyFields, [
  {
    rule: "!has(self.previewService) || self.previewService == '' || self.previewService != self.activeService",
    message: 'activeService and previewService must not be the same Service',
  },
]);
