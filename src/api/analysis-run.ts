/** AnalysisRun: one analysis under way or done. Spec and status are written together, since it has no status subresource. */
import * as z from 'zod';
import { argumentSchema, dryRunList, measurementRetentionList } from './analysis-fields.ts';
import { MAX_METRICS, metricSchema } from './analysis-template.ts';
import {
  type DeepReadonly,
  flag,
  int,
  list,
  object,
  requiredList,
  requiredObject,
  requiredText,
  requiredWord,
  stringMap,
  text,
  time,
} from './fields.ts';
import { objectMetaSchema } from './kubernetes-fields.ts';

export const ANALYSIS_PHASES = ['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Inconclusive'] as const;
export type AnalysisPhase = (typeof ANALYSIS_PHASES)[number];

const phase = (description: string) => requiredWord(ANALYSIS_PHASES, description);

export const analysisRunSpecSchema = z.object({
  metrics: requiredList(metricSchema, 'What is measured.', { maxItems: MAX_METRICS }),
  args: list(argumentSchema, 'Values of the arguments.'),
  terminate: flag('True ends the run; what has been measured decides.'),
  dryRun: dryRunList,
  measurementRetention: measurementRetentionList,
  ttlStrategy: object(
    z.object({
      secondsAfterCompletion: int('Seconds after the end, however it ended.'),
      secondsAfterFailure: int('Seconds after a run that failed, instead of secondsAfterCompletion.'),
      secondsAfterSuccess: int('Seconds after a run that succeeded, instead of secondsAfterCompletion.'),
    }),
    'When the run is deleted after its end; never by itself if absent.',
  ),
});

export const measurementSchema = z.object({
  phase: phase('What the conditions made of the value.'),
  message: text('What went wrong, if anything.'),
  startedAt: time('When the provider was asked.'),
  finishedAt: time('When it had answered.'),
  value: text('The value as text.'),
  metadata: stringMap('What the provider wants to remember.'),
  resumeAt: time('When to look again, for measurements that take their time.'),
});

export const metricResultSchema = z.object({
  name: requiredText('Name of the metric.'),
  phase: phase('Verdict on the metric.'),
  measurements: list(measurementSchema, 'The newest measurements, the oldest first.'),
  message: text('Reason of the verdict.'),
  count: int('Measurements that gave a value.'),
  successful: int('How many of them were good.'),
  failed: int('How many of them were bad.'),
  inconclusive: int('How many of them were neither.'),
  error: int('Measurements that went wrong.'),
  consecutiveError: int('The newest ones that went wrong in a row.'),
  consecutiveSuccess: int('The newest ones that were good in a row.'),
  dryRun: flag('True if this metric does not count.'),
  metadata: stringMap('What is to be known of all its measurements, for instance the query as it was asked.'),
});

export const runSummarySchema = z.object({
  count: int('Metrics.'),
  successful: int('Metrics that succeeded.'),
  failed: int('Metrics that failed.'),
  inconclusive: int('Metrics that were inconclusive.'),
  error: int('Metrics that could not be measured.'),
});

export const analysisRunStatusSchema = z.object({
  phase: phase('Pending, Running, Successful, Failed, Error or Inconclusive.'),
  message: text('Why it is in this phase.'),
  metricResults: list(metricResultSchema, 'What came of each metric.'),
  startedAt: time('When it began.'),
  completedAt: time('When it ended.'),
  runSummary: object(runSummarySchema, 'The metrics that count, by verdict.'),
  dryRunSummary: object(runSummarySchema, 'The metrics that do not count, by verdict.'),
});

export const analysisRunSchema = z
  .object({
    apiVersion: z.string().optional(),
    kind: z.string().optional(),
    metadata: objectMetaSchema,
    spec: requiredObject(analysisRunSpecSchema, 'What is measured.'),
    status: object(analysisRunStatusSchema, 'What has been measured.'),
  })
  .describe('AnalysisRun is one analysis: measurements, and the verdict on them.');

export type AnalysisRun = DeepReadonly<z.infer<typeof analysisRunSchema>>;
export type AnalysisRunSpec = AnalysisRun['spec'];
export type AnalysisRunStatus = DeepReadonly<z.infer<typeof analysisRunStatusSchema>>;
export type MetricResult = DeepReadonly<z.infer<typeof metricResultSchema>>;
export type Measurement = DeepReadonly<z.infer<typeof measurementSchema>>;
export type RunSummary = DeepReadonly<z.infer<typeof runSummarySchema>>;
