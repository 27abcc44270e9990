/** Schemas that templates, runs, rollouts and experiments share when they speak of analysis: arguments, dry run, retention. */
import * as z from 'zod';
import { flag, list, object, requiredInt, requiredText, text, word } from './fields.ts';
import { childMetadataSchema } from './kubernetes-fields.ts';

export const fieldRefSchema = z.object({
  fieldPath: requiredText("Path of the field, for instance metadata.labels['region'] or status.currentPodHash."),
});

/** An argument of a template or a run: its value is there, or in a Secret, or still to be given. */
export const argumentSchema = z.object({
  name: requiredText('Name of the argument; metrics refer to it as {{args.<name>}}.'),
  value: text('The value. In a template: the default, used where whoever starts the run gives none.'),
  valueFrom: object(
    z.object({
      secretKeyRef: object(
        z.object({
          name: requiredText('Name of a Secret in the namespace of the run.'),
          key: requiredText('Key in that Secret.'),
        }),
        'Takes the value from a Secret when a measurement is made; it is never shown.',
      ),
      fieldRef: object(fieldRefSchema, 'Takes the value from a field of the Rollout that starts the run.'),
    }),
    'Where the value comes from, instead of value.',
  ),
});

/** An argument as a Rollout gives it. */
export const rolloutArgumentSchema = z.object({
  name: requiredText('Name of the argument of the template.'),
  value: text('The value.'),
  valueFrom: object(
    z.object({
      podTemplateHashValue: word(
        ['Stable', 'Latest'],
        'The pod-template hash of the stable ReplicaSet (Stable) or of the one being rolled out (Latest).',
      ),
      fieldRef: object(fieldRefSchema, 'A field of this Rollout.'),
    }),
    'Where the value comes from, instead of value.',
  ),
});

export const templateRefSchema = z.object({
  templateName: requiredText('Name of the AnalysisTemplate or ClusterAnalysisTemplate.'),
  clusterScope: flag('True if it is a ClusterAnalysisTemplate.'),
});

export const dryRunSchema = z.object({
  metricName: requiredText('Regular expression (RE2) for names of metrics that are measured without counting.'),
});

export const measurementRetentionSchema = z.object({
  metricName: requiredText('Regular expression (RE2) for names of metrics.'),
  limit: requiredInt('How many of their newest measurements are kept in the status of the run.'),
});

export const dryRunList = list(dryRunSchema, 'Metrics that are measured and shown, but cannot fail the analysis.');
export const measurementRetentionList = list(
  measurementRetentionSchema,
  'How many measurements are kept, for metrics that need other than the usual 10.',
);

/** What a Rollout says of an analysis: which templates, with which arguments. */
export const rolloutAnalysisSchema = z.object({
  templates: list(templateRefSchema, 'The templates whose metrics make up the analysis.'),
  args: list(rolloutArgumentSchema, 'Values for the arguments of the templates.'),
  dryRun: dryRunList,
  measurementRetention: measurementRetentionList,
  analysisRunMetadata: object(childMetadataSchema, 'Labels and annotations for the AnalysisRun.'),
});
