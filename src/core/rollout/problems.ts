/**
 * Everything that keeps a Rollout from being obeyed, found in its spec, in what it refers to, and in its routes. While there is any, the
 * status says so and nothing new begins.
 */
import type { Service } from '../../api/kubernetes.ts';
import { annotations, labels } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { CanaryStrategy, RolloutAnalysis } from '../../api/rollout.ts';
import { validateRollout } from '../../api/validation/rollout.ts';
import { mergeTemplates } from '../analysis/merge-templates.ts';
import { templateClosure } from '../analysis/template-closure.ts';
import { experimentProblems } from './experiment/problems.ts';
import type { ObservedRollout } from './observed-rollout.ts';
import { atReferent } from './observed-workload.ts';

export function rolloutProblems(observed: ObservedRollout): readonly Problem[] {
  return [
    ...validateRollout(observed.rollout, observed.problems).map((problem) => atReferent(problem, observed.workload)),
    ...serviceProblems(observed),
    ...templateProblems(observed),
    ...experimentProblems(observed),
    ...observed.routeProblems,
  ];
}

function serviceProblems({ rollout, services, otherRollouts }: ObservedRollout): readonly Problem[] {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const problems: Problem[] = [];
  const named = [
    ...servicesOf(canary),
    ['blueGreen.activeService', blueGreen?.activeService],
    ['blueGreen.previewService', blueGreen?.previewService],
  ] as const;
  for (const [field, name] of named) {
    if (name === undefined || name === '') continue;
    const path = `spec.strategy.${field}`;
    const service = services.get(name);
    const owner = service?.metadata.annotations?.[annotations.managedBy];
    if (service === undefined) {
      problems.push({ path, message: `Service "${name}" not found; create it in the namespace of the Rollout`, isMissing: true });
      continue;
    }
    if (owner !== undefined && owner !== rollout.metadata.name && otherRollouts.has(owner)) {
      problems.push({ path, message: `Service "${name}" is managed by another Rollout (${owner}); use a Service of its own` });
    }
    const strange = strangeLabels(service, rollout.spec.template?.metadata?.labels ?? {});
    if (strange !== '' && rollout.spec.template !== undefined) {
      problems.push({ path, message: `Service "${name}" selects ${strange}, which spec.template does not label its pods with` });
    }
  }
  return problems;
}

/** Field below the strategy -> the Service that it names. */
function servicesOf(canary: CanaryStrategy | undefined): readonly (readonly [string, string | undefined])[] {
  const { pingPong } = canary ?? {};
  return pingPong === undefined
    ? [
        ['canary.canaryService', canary?.canaryService],
        ['canary.stableService', canary?.stableService],
      ]
    : [
        ['canary.pingPong.pingService', pingPong.pingService],
        ['canary.pingPong.pongService', pingPong.pongService],
      ];
}

/** What a Service selects besides the hash that is put there, and no pod of the template has: `app=web, tier=a`. */
function strangeLabels({ spec }: Service, podLabels: Readonly<Record<string, string>>): string {
  const strange = Object.entries(spec.selector ?? {}).filter(
    ([key, value]) => key !== labels.podTemplateHash && podLabels[key] !== value,
  );
  return strange.map(([key, value]) => `${key}=${value}`).join(', ');
}

function templateProblems(observed: ObservedRollout): readonly Problem[] {
  const { canary, blueGreen } = observed.rollout.spec.strategy ?? {};
  const problems: Problem[] = [];
  for (const moment of ['prePromotionAnalysis', 'postPromotionAnalysis'] as const) {
    const analysis = blueGreen?.[moment];
    if (analysis !== undefined) problems.push(...analysisProblems(observed, analysis, `spec.strategy.blueGreen.${moment}`, true));
  }
  for (const [index, { analysis }] of (canary?.steps ?? []).entries()) {
    if (analysis !== undefined)
      problems.push(...analysisProblems(observed, analysis, `spec.strategy.canary.steps[${index}].analysis`, true));
  }
  if (canary?.analysis !== undefined)
    problems.push(...analysisProblems(observed, canary.analysis, 'spec.strategy.canary.analysis', false));
  return problems;
}

/** analysis of a spec -> the templates that it reached and what was wrong with them. Objects of the store are never changed. */
const remembered = new WeakMap<RolloutAnalysis, { readonly specs: readonly unknown[]; readonly problems: readonly Problem[] }>();

/** Everything that can be known before a run is made; what the fields of the Rollout hold then is not. */
function analysisProblems(
  observed: ObservedRollout,
  analysis: RolloutAnalysis,
  path: string,
  mustEnd: boolean,
): readonly Problem[] {
  const { analysisTemplates, clusterAnalysisTemplates } = observed;
  if ((analysis.templates ?? []).length === 0) return [];
  const closure = templateClosure(analysis.templates ?? [], observed);
  const specs = [...closure.found.map(({ spec }) => spec), ...closure.missing.map(({ kind, name }) => `${kind}/${name}`)];
  const known = remembered.get(analysis);
  if (known?.specs.length === specs.length && known.specs.every((spec, i) => spec === specs[i])) return known.problems;
  const merged = mergeTemplates({
    templates: analysis.templates ?? [],
    args: analysis.args,
    dryRun: analysis.dryRun,
    measurementRetention: analysis.measurementRetention,
    analysisTemplates,
    clusterAnalysisTemplates,
    resolve: () => ({ value: '1' }),
    mustEnd,
    path,
  });
  const problems = 'problems' in merged ? merged.problems : [];
  remembered.set(analysis, { specs, problems });
  return problems;
}
