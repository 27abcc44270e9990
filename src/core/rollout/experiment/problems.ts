/** What is wrong with what the experiments of a canary's steps refer to: templates of analyses, and ports that shares of the traffic could go to. */
import type { AnalysisTemplate, ClusterAnalysisTemplate } from '../../../api/analysis-template.ts';
import type { Problem } from '../../../api/problem.ts';
import { mergeTemplates } from '../../analysis/merge-templates.ts';
import { matchMetricRules } from '../../analysis/metric-rules.ts';
import { templateClosure } from '../../analysis/template-closure.ts';
import { servicePorts } from '../../experiment/service-ports.ts';
import type { ObservedRollout } from '../observed-rollout.ts';
import type { ExperimentStep } from './wanted-experiment.ts';
import { portsOf } from './weights.ts';

export function experimentProblems(observed: ObservedRollout): readonly Problem[] {
  const { canary } = observed.rollout.spec.strategy ?? {};
  return (canary?.steps ?? []).flatMap(({ experiment }, index) => {
    if (experiment === undefined) return [];
    const path = `spec.strategy.canary.steps[${index}].experiment`;
    return [...portProblems(observed, experiment, path), ...templateProblems(observed, experiment, path)];
  });
}

function portProblems({ rollout, services }: ObservedRollout, { templates }: ExperimentStep, path: string): readonly Problem[] {
  const name = rollout.spec.strategy?.canary?.stableService ?? '';
  const stable = services.get(name);
  if (stable === undefined) return [];
  const own = { metadata: { name: '' }, spec: { ports: servicePorts(rollout.spec.template) } };
  const isReachable = Object.keys(portsOf(stable, own)).length > 0;
  return (templates ?? []).flatMap(({ weight }, index) => {
    if (weight === undefined || isReachable) return [];
    const message = `needs a port: let a container of spec.template declare the containerPort that Service "${name}" leads to`;
    return [{ path: `${path}.templates[${index}].weight`, message }];
  });
}

type Template = AnalysisTemplate | ClusterAnalysisTemplate;

/** step of a spec -> the specs of the templates that it reached, and what was wrong with them; objects of the store are never changed */
const remembered = new WeakMap<
  ExperimentStep,
  { readonly specs: readonly (Template['spec'] | string)[]; readonly problems: readonly Problem[] }
>();

function templateProblems(observed: ObservedRollout, step: ExperimentStep, path: string): readonly Problem[] {
  const { analyses = [] } = step;
  if (analyses.length === 0) return [];
  const closure = templateClosure(analyses, observed);
  const specs = [...closure.found.map(({ spec }) => spec), ...closure.missing.map(({ kind, name }) => `${kind}/${name}`)];
  const known = remembered.get(step);
  if (known?.specs.length === specs.length && known.specs.every((spec, i) => spec === specs[i])) return known.problems;
  const names: string[] = [];
  const problems = analyses.flatMap(({ templateName, clusterScope, args }, index) => {
    const merged = mergeTemplates({
      templates: [{ templateName, clusterScope }],
      args,
      analysisTemplates: observed.analysisTemplates,
      clusterAnalysisTemplates: observed.clusterAnalysisTemplates,
      resolve: () => ({ value: '1' }),
      mustEnd: false,
      path: `${path}.analyses[${index}]`,
    });
    if ('spec' in merged) names.push(...merged.spec.metrics.flatMap(({ name }) => name ?? []));
    return 'problems' in merged
      ? merged.problems.map((one) => ({ ...one, path: one.path.replace(/\.templates(\[0\])?/, '') }))
      : [];
  });
  const all = problems.length > 0 ? problems : matchMetricRules(step.dryRun ?? [], names, `${path}.dryRun`).problems;
  remembered.set(step, { specs, problems: all });
  return all;
}
