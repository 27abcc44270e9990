/** Experiment: versions that run side by side for a while. Spec and status are written together, since it has no status subresource. */
import * as z from 'zod';
import { argumentSchema, dryRunList, measurementRetentionList } from './analysis-fields.ts';
import { type DeepReadonly, duration, flag, int, list, object, requiredObject, requiredText, text, time } from './fields.ts';
import { childMetadataSchema, labelSelectorSchema, objectMetaSchema, podTemplateSchema } from './kubernetes-fields.ts';
import { rolloutConditionSchema } from './rollout-status.ts';

export const experimentSpecSchema = z.object({
  templates: list(
    z.object({
      name: requiredText('Name of the template, unique in the experiment.'),
      replicas: int('Number of pods; 1 if absent.', { minimum: 0 }),
      minReadySeconds: int('How long a pod must be ready before it counts as available.', { minimum: 0 }),
      selector: object(labelSelectorSchema, 'Which pods belong to it.'),
      template: object(podTemplateSchema, 'The pods to run.'),
      service: object(
        z.object({ name: text('Its name; made from the names of experiment and template if absent.') }),
        'Gives it a Service.',
      ),
    }),
    'The pods to run side by side.',
  ),
  duration: duration('How long it runs once all pods are available.'),
  progressDeadlineSeconds: int('How long pods may take to become available; 600 if absent.', { minimum: 0 }),
  terminate: flag('True ends the experiment.'),
  analyses: list(
    z.object({
      name: requiredText('Name of the analysis, unique in the experiment.'),
      templateName: requiredText('Name of the AnalysisTemplate or ClusterAnalysisTemplate.'),
      clusterScope: flag('True if it is a ClusterAnalysisTemplate.'),
      args: list(argumentSchema, 'Values for the arguments of the template.'),
      requiredForCompletion: flag('The experiment ends when all analyses that say so are done.'),
    }),
    'What is measured meanwhile.',
  ),
  scaleDownDelaySeconds: int('How long its pods are kept afterwards; 30 if absent.', { minimum: 0 }),
  dryRun: dryRunList,
  measurementRetention: measurementRetentionList,
  analysisRunMetadata: object(childMetadataSchema, 'Labels and annotations for its AnalysisRuns.'),
});

export const experimentStatusSchema = z.object({
  phase: text('Pending, Running, Successful, Failed, Error or Inconclusive.'),
  message: text('Why it is in this phase.'),
  templateStatuses: list(
    z.object({
      name: requiredText('The template.'),
      replicas: int('Pods.'),
      updatedReplicas: int('Pods of the wanted version.'),
      readyReplicas: int('Pods that are ready.'),
      availableReplicas: int('Pods that are available.'),
      collisionCount: int('How often a name was already taken.'),
      status: text('Progressing, Running, Successful, Failed or Error.'),
      message: text('Why it is so.'),
      lastTransitionTime: time('Since when.'),
      serviceName: text('Its Service.'),
      podTemplateHash: text('Its pod-template hash.'),
    }),
    'State of each template.',
  ),
  availableAt: time('Since when all pods are available.'),
  conditions: list(rolloutConditionSchema, 'InvalidSpec, Completed, Progressing, Running, ReplicaFailure.'),
  analysisRuns: list(
    z.object({
      name: requiredText('The analysis.'),
      analysisRun: requiredText('Its AnalysisRun.'),
      phase: text('Phase of the run.'),
      message: text('Why it is in this phase.'),
    }),
    'The analyses under way or done.',
  ),
});

export const experimentSchema = z
  .object({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    metadata: objectMetaSchema,
    spec: requiredObject(experimentSpecSchema, 'What is wanted.'),
    status: object(experimentStatusSchema, 'State of the experiment.'),
  })
  .describe('Experiment runs versions side by side for a while and measures them.');

export type Experiment = DeepReadonly<z.infer<typeof experimentSchema>>;
export type ExperimentSpec = Experiment['spec'];
export type ExperimentStatus = DeepReadonly<z.infer<typeof experimentStatusSchema>>;
export type ExperimentTemplate = NonNullable<ExperimentSpec['templates']>[number];
export type ExperimentAnalysis = NonNullable<ExperimentSpec['analyses']>[number];
/** State of one template of an experiment. */
export type ExperimentTemplateStatus = NonNullable<ExperimentStatus['templateStatuses']>[number];
export type ExperimentAnalysisStatus = NonNullable<ExperimentStatus['analysisRuns']>[number];
export type ExperimentCondition = NonNullable<ExperimentStatus['conditions']>[number];
