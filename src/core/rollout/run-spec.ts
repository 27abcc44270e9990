/** The AnalysisRun that a place in an update asks for: its spec from the templates, its name, labels and owner. */
import type { AnalysisRun, AnalysisRunSpec } from '../../api/analysis-run.ts';
import { annotations, argoApiVersion, labels } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { RolloutAnalysis } from '../../api/rollout.ts';
import { type ArgumentSource, mergeTemplates } from '../analysis/merge-templates.ts';
import { lookUpField } from './field-reference.ts';
import type { RunType } from './recorded-runs.ts';
import { controllerReference } from './revisions.ts';
import type { Situation } from './situation.ts';

/** Which run of an update is meant. */
export type RunPlace = { readonly type: 'Step'; readonly index: number } | { readonly type: Exclude<RunType, 'Step'> };

export type WantedRun = { readonly run: AnalysisRun } | { readonly problems: readonly Problem[] };

/** The run as it would be created under its first name. */
export function wantedRun(situation: Situation, place: RunPlace, analysis: RolloutAnalysis): WantedRun {
  const { observed, rollout } = situation;
  const merged = mergeTemplates({
    templates: analysis.templates ?? [],
    args: analysis.args,
    dryRun: analysis.dryRun,
    measurementRetention: analysis.measurementRetention,
    analysisTemplates: observed.analysisTemplates,
    clusterAnalysisTemplates: observed.clusterAnalysisTemplates,
    resolve: (source) => resolveSource(situation, source),
    mustEnd: place.type !== 'Background',
    path: pathOf(place),
  });
  if ('problems' in merged) return merged;
  const instance = rollout.metadata.labels?.[labels.instanceId];
  return {
    run: {
      apiVersion: argoApiVersion,
      kind: 'AnalysisRun',
      metadata: {
        name: runName(situation, place),
        ...(rollout.metadata.namespace === undefined ? {} : { namespace: rollout.metadata.namespace }),
        labels: {
          ...rollout.spec.selector?.matchLabels,
          ...analysis.analysisRunMetadata?.labels,
          [labels.podTemplateHash]: situation.hash,
          [labels.rolloutType]: place.type,
          ...(place.type === 'Step' ? { [labels.stepIndex]: String(place.index) } : {}),
          ...(instance === undefined ? {} : { [labels.instanceId]: instance }),
        },
        annotations: { ...analysis.analysisRunMetadata?.annotations, [annotations.revision]: String(situation.revision) },
        ownerReferences: [controllerReference(situation)],
      },
      spec: merged.spec,
    },
  };
}

const paths = {
  Background: 'spec.strategy.canary.analysis',
  PrePromotion: 'spec.strategy.blueGreen.prePromotionAnalysis',
  PostPromotion: 'spec.strategy.blueGreen.postPromotionAnalysis',
} as const;
const endings = { Background: '', PrePromotion: '-pre', PostPromotion: '-post' } as const;

function pathOf(place: RunPlace): string {
  return place.type === 'Step' ? `spec.strategy.canary.steps[${place.index}].analysis` : paths[place.type];
}

function runName({ name, hash, revision }: Situation, place: RunPlace): string {
  return `${name}-${hash}-${revision}${place.type === 'Step' ? `-${place.index}` : endings[place.type]}`;
}

/** The value of a hash or a field of the Rollout; the problem says what is missing, without a path. */
export function resolveSource(
  situation: Situation,
  source: ArgumentSource,
): { readonly value: string } | { readonly problem: string } {
  if (source.podTemplateHashValue === 'Latest') return { value: situation.hash };
  if (source.podTemplateHashValue === 'Stable') {
    return situation.stable === undefined ? { problem: 'there is no stable revision yet' } : { value: situation.stable.hash };
  }
  if (source.fieldRef === undefined) return { problem: 'needs podTemplateHashValue (Stable or Latest) or fieldRef' };
  const value = lookUpField(situation.rollout, source.fieldRef.fieldPath);
  return value === undefined ? { problem: `the Rollout has no field ${source.fieldRef.fieldPath}` } : { value };
}

/** True if both would measure the same; the order of keys does not matter. */
export function sameRunSpec(a: AnalysisRunSpec, b: AnalysisRunSpec): boolean {
  return canonical({ ...a, terminate: undefined }) === canonical({ ...b, terminate: undefined });
}

/** The same text for values that differ in nothing but the order of their keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
