/** AnalysisTemplate and ClusterAnalysisTemplate: what is measured, how often, and what a good value is. */
import * as z from 'zod';
import {
  argumentSchema,
  dryRunList,
  type dryRunSchema,
  measurementRetentionList,
  type measurementRetentionSchema,
  templateRefSchema,
} from './analysis-fields.ts';
import { type DeepReadonly, duration, intOrString, list, requiredObject, requiredText, text } from './fields.ts';
import { objectMetaSchema } from './kubernetes-fields.ts';
import type { authenticationSchema } from './metric-authentication.ts';
import { type jobSchema, type prometheusSchema, providerSchema, type webSchema } from './metric-provider.ts';

export const metricSchema = z.object({
  name: requiredText('Name of the metric, unique among those of a run.'),
  interval: duration('Time between two measurements; one measurement only if absent.'),
  initialDelay: duration('How long to wait before the first measurement.'),
  count: intOrString('How many measurements; 1 without interval, without end with one, if absent.'),
  successCondition: text('Expression over result that is true for a good value, for instance result[0] >= 0.99.'),
  failureCondition: text('Expression over result that is true for a bad value.'),
  failureLimit: intOrString('How many bad values are allowed; 0 if absent, -1 allows any number.'),
  inconclusiveLimit: intOrString('How many values that are neither good nor bad are allowed; 0 if absent.'),
  consecutiveErrorLimit: intOrString('How many measurements in a row may go wrong; 4 if absent.'),
  consecutiveSuccessLimit: intOrString('How many good values in a row are enough; 0 or absent switches this off.'),
  provider: requiredObject(providerSchema, 'Where the value comes from: exactly one of the fields.'),
});

/** Most metrics that a template or a run may have: it bounds what the rule about providers may cost. */
export const MAX_METRICS = 1000;

export const analysisTemplateSpecSchema = z.object({
  metrics: list(metricSchema, 'What is measured.', { maxItems: MAX_METRICS }),
  args: list(argumentSchema, 'Arguments, to be used in the metrics as {{args.<name>}}.'),
  dryRun: dryRunList,
  measurementRetention: measurementRetentionList,
  templates: list(templateRefSchema, 'Other templates whose metrics and arguments are added to these.'),
});

const envelope = {
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: objectMetaSchema,
  spec: requiredObject(analysisTemplateSpecSchema, 'What is measured.'),
};

export const analysisTemplateSchema = z
  .object(envelope)
  .describe('AnalysisTemplate says what is measured during an update, how often, and which values are good.');
export const clusterAnalysisTemplateSchema = z
  .object(envelope)
  .describe('ClusterAnalysisTemplate is an AnalysisTemplate for all namespaces.');

export type AnalysisTemplate = DeepReadonly<z.infer<typeof analysisTemplateSchema>>;
export type ClusterAnalysisTemplate = DeepReadonly<z.infer<typeof clusterAnalysisTemplateSchema>>;
export type AnalysisTemplateSpec = AnalysisTemplate['spec'];
export type Metric = DeepReadonly<z.infer<typeof metricSchema>>;
export type PrometheusMetric = DeepReadonly<z.infer<typeof prometheusSchema>>;
export type JobMetric = DeepReadonly<z.infer<typeof jobSchema>>;
export type WebMetric = DeepReadonly<z.infer<typeof webSchema>>;
export type Authentication = DeepReadonly<z.infer<typeof authenticationSchema>>;
export type Argument = DeepReadonly<z.infer<typeof argumentSchema>>;
export type DryRun = DeepReadonly<z.infer<typeof dryRunSchema>>;
export type MeasurementRetention = DeepReadonly<z.infer<typeof measurementRetentionSchema>>;
