/**
 * Everything that keeps a Rollout from being obeyed, found in its spec, in what it refers to, and in its routes. While there is any, the
 * status says so and nothing new begins.
 */
import { annotations } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { validateRollout } from '../../api/validation/rollout.ts';
import { templateClosure } from '../analysis/template-closure.ts';
import type { ObservedRollout } from './observed-rollout.ts';

export function rolloutProblems(observed: ObservedRollout): readonly Problem[] {
  return [
    ...validateRollout(observed.rollout, observed.problems),
    ...serviceProblems(observed),
    ...templateProblems(observed),
    ...observed.routeProblems,
  ];
}

function serviceProblems({ rollout, services, otherRollouts }: ObservedRollout): readonly Problem[] {
  const canary = rollout.spec.strategy?.canary;
  const problems: Problem[] = [];
  for (const field of ['canaryService', 'stableService'] as const) {
    const name = canary?.[field];
    if (name === undefined || name === '') continue;
    const path = `spec.strategy.canary.${field}`;
    const service = services.get(name);
    const owner = service?.metadata.annotations?.[annotations.managedBy];
    if (service === undefined)
      problems.push({ path, message: `Service "${name}" not found; create it in the namespace of the Rollout` });
    else if (owner !== undefined && owner !== rollout.metadata.name && otherRollouts.has(owner)) {
      problems.push({ path, message: `Service "${name}" is managed by another Rollout (${owner}); use a Service of its own` });
    }
  }
  return problems;
}

/** Only that the templates are there: what is in them is read when a run is made of them. */
function templateProblems(observed: ObservedRollout): readonly Problem[] {
  const canary = observed.rollout.spec.strategy?.canary;
  const places = (canary?.steps ?? []).map((step, index) => ({
    analysis: step.analysis,
    path: `spec.strategy.canary.steps[${index}].analysis`,
  }));
  return [...places, { analysis: canary?.analysis, path: 'spec.strategy.canary.analysis' }].flatMap(({ analysis, path }) =>
    analysis === undefined
      ? []
      : templateClosure(analysis.templates ?? [], observed).missing.map(({ kind, name, index }) => ({
          path: `${path}.templates[${index}].templateName`,
          message: `${kind} '${name}' not found`,
        })),
  );
}
