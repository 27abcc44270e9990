/**
 * From what the API server sends to what the rest of the program trusts. Decoding never throws and never refuses a whole object:
 * unknown fields are ignored, a field that does not fit is left out and named. An object that fits costs one pass of its schema; call
 * it once for each resourceVersion.
 */
import type { z } from 'zod';
import { type AnalysisRun, analysisRunSchema } from './analysis-run.ts';
import {
  type AnalysisTemplate,
  analysisTemplateSchema,
  type ClusterAnalysisTemplate,
  clusterAnalysisTemplateSchema,
} from './analysis-template.ts';
import { type Experiment, experimentSchema } from './experiment.ts';
import { mend } from './mend.ts';
import type { Problem } from './problem.ts';
import { type Rollout, rolloutSchema } from './rollout.ts';

type Problems = readonly Problem[];

/** What the spec of an object decoded to, and what was wrong with it. */
export interface DecodedSpec {
  readonly spec: Rollout['spec'];
  readonly problems: Problems;
}

const rolloutAroundSpec = rolloutSchema.omit({ spec: true });

/** `known` is what the same spec decoded to in another version of the object: it is taken over, unseen. */
export function decodeRollout(object: unknown, known?: DecodedSpec): { readonly rollout: Rollout; readonly problems: Problems } {
  if (known === undefined) {
    const { value, problems } = decode(rolloutSchema, object);
    return { rollout: value, problems };
  }
  const { value, problems } = decode(rolloutAroundSpec, object);
  return { rollout: { ...value, spec: known.spec }, problems: [...problems, ...known.problems] };
}

export function decodeAnalysisTemplate(object: unknown): { readonly template: AnalysisTemplate; readonly problems: Problems } {
  const { value, problems } = decode(analysisTemplateSchema, object);
  return { template: value, problems };
}

export function decodeClusterAnalysisTemplate(object: unknown): {
  readonly template: ClusterAnalysisTemplate;
  readonly problems: Problems;
} {
  const { value, problems } = decode(clusterAnalysisTemplateSchema, object);
  return { template: value, problems };
}

export function decodeAnalysisRun(object: unknown): { readonly run: AnalysisRun; readonly problems: Problems } {
  const { value, problems } = decode(analysisRunSchema, object);
  return { run: value, problems };
}

export function decodeExperiment(object: unknown): { readonly experiment: Experiment; readonly problems: Problems } {
  const { value, problems } = decode(experimentSchema, object);
  return { experiment: value, problems };
}

const noProblems: Problems = [];

function decode<T>(schema: z.ZodType<T>, object: unknown): { readonly value: T; readonly problems: Problems } {
  const parsed = schema.safeParse(object);
  return parsed.success ? { value: parsed.data, problems: noProblems } : mend(schema, object);
}
