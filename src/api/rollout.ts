/**
 * Rollout: a Deployment that is updated step by step. The schema is the single source of its types, its validation at the API server
 * and its CRD; what needs more than one field is checked in validation/.
 */
import * as z from 'zod';
import type { rolloutAnalysisSchema, rolloutArgumentSchema } from './analysis-fields.ts';
import type { canaryStepSchema, setCanaryScaleSchema } from './canary-step.ts';
import { type DeepReadonly, flag, int, object, requiredObject, text, time, withRules } from './fields.ts';
import { labelSelectorSchema, objectMetaSchema, podTemplateSchema } from './kubernetes-fields.ts';
import type { blueGreenStatusSchema, canaryStatusSchema, pauseConditionSchema, rolloutConditionSchema } from './rollout-status.ts';
import { rolloutStatusSchema } from './rollout-status.ts';
import { blueGreenStrategySchema, canaryStrategySchema } from './rollout-strategy.ts';
import type { trafficRoutingSchema } from './traffic-routing.ts';

const immutableSelectorSchema = withRules(labelSelectorSchema, [
  { rule: 'self == oldSelf', message: 'selector is immutable; delete the Rollout with --cascade=orphan to change it' },
]);

const strategySchema = withRules(
  z.object({
    canary: object(canaryStrategySchema, 'Step by step, with a growing share of the new version.'),
    blueGreen: object(blueGreenStrategySchema, 'All at once, after a preview.'),
  }),
  [{ rule: '!(has(self.canary) && has(self.blueGreen))', message: 'strategy must have only one of canary and blueGreen' }],
);

export const rolloutSpecSchema = z.object({
  replicas: int('Number of pods; 1 if absent.', { minimum: 0 }),
  selector: object(
    immutableSelectorSchema,
    'Which pods belong to this Rollout. It must match the labels of the template and cannot be changed.',
  ),
  template: object(podTemplateSchema, 'The pods to run. A change starts an update.'),
  workloadRef: object(
    z.object({
      apiVersion: text('apps/v1, or v1 for a PodTemplate.'),
      kind: text('Deployment, ReplicaSet or PodTemplate.'),
      name: text('Its name.'),
      scaleDown: text('What becomes of a Deployment: never, onsuccess or progressively; never if absent.'),
    }),
    'Takes the template from another object, instead of template.',
  ),
  minReadySeconds: int('How long a pod must be ready before it counts as available; 0 if absent.'),
  strategy: object(strategySchema, 'How updates are made: exactly one of canary and blueGreen.'),
  revisionHistoryLimit: int('How many old ReplicaSets are kept for an undo; 10 if absent.'),
  paused: flag('True freezes steps and promotion; scaling, abort and undo go on.'),
  progressDeadlineSeconds: int('How long an update may make no progress before it counts as stuck; 600 if absent.'),
  progressDeadlineAbort: flag('True aborts an update that is stuck.'),
  restartAt: time('Pods created before this time are replaced.'),
  analysis: object(
    z.object({
      successfulRunHistoryLimit: int('How many successful AnalysisRuns and Experiments are kept; 5 if absent.'),
      unsuccessfulRunHistoryLimit: int('How many failed, errored or inconclusive ones are kept; 5 if absent.'),
    }),
    'How much of the analyses is kept.',
  ),
  rollbackWindow: object(
    z.object({ revisions: int('How many revisions back.') }),
    'Going back to a revision this near skips steps and analysis.',
  ),
});

/** Defaults are those that are applied where a field is absent. */
const specRules = [
  {
    rule: '(has(self.progressDeadlineSeconds) ? self.progressDeadlineSeconds : 600) > (has(self.minReadySeconds) ? self.minReadySeconds : 0)',
    message: 'progressDeadlineSeconds (600 if absent) must be greater than minReadySeconds',
  },
];

export const rolloutSchema = z
  .object({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    metadata: objectMetaSchema,
    spec: requiredObject(withRules(rolloutSpecSchema, specRules), 'What is wanted.'),
    status: object(rolloutStatusSchema, 'State of the Rollout. Written by the controller, and by people who command it.'),
  })
  .describe('Rollout runs pods like a Deployment and updates them step by step, watching metrics, and takes a bad version back.');

export type Rollout = DeepReadonly<z.infer<typeof rolloutSchema>>;
export type RolloutSpec = Rollout['spec'];
export type RolloutStatus = DeepReadonly<z.infer<typeof rolloutStatusSchema>>;
export type RolloutPhase = NonNullable<RolloutStatus['phase']>;
export type RolloutCondition = DeepReadonly<z.infer<typeof rolloutConditionSchema>>;
export type PauseCondition = DeepReadonly<z.infer<typeof pauseConditionSchema>>;
export type CanaryStatus = DeepReadonly<z.infer<typeof canaryStatusSchema>>;
export type BlueGreenStatus = DeepReadonly<z.infer<typeof blueGreenStatusSchema>>;
export type CanaryWeights = NonNullable<CanaryStatus['weights']>;
/** Name, phase and message of an AnalysisRun, as a Rollout's status shows it. */
export type RolloutAnalysisRunStatus = NonNullable<CanaryStatus['currentStepAnalysisRunStatus']>;
export type RolloutDuration = NonNullable<RolloutStatus['duration']>;

export type CanaryStrategy = DeepReadonly<z.infer<typeof canaryStrategySchema>>;
export type BlueGreenStrategy = DeepReadonly<z.infer<typeof blueGreenStrategySchema>>;
export type CanaryStep = DeepReadonly<z.infer<typeof canaryStepSchema>>;
export type SetCanaryScale = DeepReadonly<z.infer<typeof setCanaryScaleSchema>>;
export type TrafficRouting = DeepReadonly<z.infer<typeof trafficRoutingSchema>>;
export type RolloutAnalysis = DeepReadonly<z.infer<typeof rolloutAnalysisSchema>>;
export type RolloutArgument = DeepReadonly<z.infer<typeof rolloutArgumentSchema>>;
