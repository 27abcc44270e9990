/** What is wrong with an experiment step of a canary by itself. */
import { isEmptySelector, matchesLabels, selectorProblems } from '../label-selector.ts';
import { gatewayApiPlugin } from '../names.ts';
import type { Problem } from '../problem.ts';
import type { CanaryStep, RolloutSpec, TrafficRouting } from '../rollout.ts';
import { argumentProblems } from './analysis.ts';
import { durationProblems } from './experiment.ts';
import { notNegative } from './limits.ts';

type ExperimentStep = NonNullable<CanaryStep['experiment']>;
type StepTemplate = NonNullable<ExperimentStep['templates']>[number];

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** Of all steps of the canary of this spec. */
export function experimentStepProblems(spec: RolloutSpec): readonly Problem[] {
  const { steps = [], trafficRouting } = spec.strategy?.canary ?? {};
  return steps.flatMap(({ experiment }, index) => {
    if (experiment === undefined) return [];
    const path = `spec.strategy.canary.steps[${index}].experiment`;
    const weight = steps.slice(0, index).reduce((before, step) => step.setWeight ?? before, 0);
    const left = (trafficRouting?.maxTrafficWeight ?? 100) - weight;
    return [...stepProblems(experiment, spec, path), ...weightProblems(experiment, trafficRouting, { path, left })];
  });
}

function stepProblems(experiment: ExperimentStep, spec: RolloutSpec, path: string): readonly Problem[] {
  const { templates = [], analyses = [], duration, scaleDownDelaySeconds } = experiment;
  return [
    ...(templates.length === 0
      ? [{ path: `${path}.templates`, message: 'must hold at least one template: say which pods to run' }]
      : []),
    ...nameProblems(templates, `${path}.templates`),
    ...templates.flatMap((template, index) => templateProblems(template, spec, `${path}.templates[${index}]`)),
    ...nameProblems(analyses, `${path}.analyses`),
    ...analyses.flatMap(({ templateName, args = [] }, index) => [
      ...(templateName === '' ? [{ path: `${path}.analyses[${index}].templateName`, message: 'must not be empty' }] : []),
      ...args.flatMap((argument, at) => argumentProblems(argument, `${path}.analyses[${index}].args[${at}]`)),
    ]),
    ...durationProblems(duration, `${path}.duration`),
    ...notNegative(path, { scaleDownDelaySeconds }),
  ];
}

/** They become parts of names of objects. */
function nameProblems(named: readonly { readonly name: string }[], path: string): readonly Problem[] {
  return named.flatMap(({ name }, index) => {
    const at = `${path}[${index}].name`;
    if (!NAME.test(name)) {
      return [
        { path: at, message: `must be lower case letters, digits and dashes, such as baseline, got ${JSON.stringify(name)}` },
      ];
    }
    const first = named.findIndex((other) => other.name === name);
    return first === index ? [] : [{ path: at, message: `must be unique, got ${JSON.stringify(name)} twice` }];
  });
}

function templateProblems(template: StepTemplate, spec: RolloutSpec, path: string): readonly Problem[] {
  const { specRef, replicas, selector, metadata } = template;
  const problems = notNegative(path, { replicas });
  if (selector !== undefined && isEmptySelector(selector)) {
    problems.push({ path: `${path}.selector`, message: 'must not be empty, or it would select every pod of the namespace' });
  } else if (selector !== undefined) problems.push(...selectorProblems(selector, `${path}.selector`));
  const wanted = selector ?? spec.selector;
  const labels = { ...spec.template?.metadata?.labels, ...metadata?.labels };
  // Of the stable version the labels are not known here.
  if (problems.length === 0 && wanted !== undefined && specRef === 'canary' && !matchesLabels(wanted, labels)) {
    const where = selector === undefined ? 'spec.selector' : `${path}.selector`;
    problems.push({
      path: `${path}.metadata.labels`,
      message: `must match ${where}: add the labels that it names, or give it a selector`,
    });
  }
  return problems;
}

/** Shares of the traffic are taken from stable, by a router that can. */
function weightProblems(
  { templates = [] }: ExperimentStep,
  trafficRouting: TrafficRouting | undefined,
  { path, left }: { readonly path: string; readonly left: number },
): readonly Problem[] {
  const weighted = templates.flatMap(({ weight }, index) =>
    weight === undefined ? [] : [{ weight, at: `${path}.templates[${index}].weight` }],
  );
  const [first] = weighted;
  if (first === undefined) return [];
  const { plugins, managedRoutes: _managed, maxTrafficWeight: _max, ...others } = trafficRouting ?? {};
  const can = plugins?.[gatewayApiPlugin] !== undefined;
  const cannot = Object.entries(others).flatMap(([name, router]) => (router === undefined ? [] : [name]));
  if (!can || cannot.length > 0) {
    const why = cannot.length > 0 ? `${cannot.join(' and ')} cannot split off a share for it` : 'it needs a router';
    const message = `can only be used with trafficRouting.plugins["${gatewayApiPlugin}"]: ${why}; take it out`;
    return weighted.map(({ at }) => ({ path: at, message }));
  }
  const sum = weighted.reduce((total, { weight }) => total + weight, 0);
  const bad = weighted
    .filter(({ weight }) => weight < 0)
    .map(({ weight, at }) => ({ path: at, message: `must not be negative, got ${weight}` }));
  if (bad.length > 0 || sum <= left) return bad;
  return [
    {
      path: first.at,
      message: `the weights of the templates must be at most ${left} together, what the canary leaves of the traffic, got ${sum}`,
    },
  ];
}
