/** What is wrong with an Experiment by itself, without a look at the world. */
import { parseDuration } from '../duration.ts';
import type { Experiment, ExperimentAnalysis, ExperimentTemplate } from '../experiment.ts';
import { isEmptySelector, matchesLabels, selectorProblems } from '../label-selector.ts';
import type { Problem } from '../problem.ts';
import { notNegative } from './limits.ts';

/** More than anyone compares; each is a ReplicaSet, or an AnalysisRun. */
const MOST = 100;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** Empty if it can be carried out. `decoding` is what decodeExperiment found; it comes first. */
export function validateExperiment({ spec }: Experiment, decoding: readonly Problem[] = []): readonly Problem[] {
  const { templates = [], analyses = [], duration, scaleDownDelaySeconds, progressDeadlineSeconds } = spec;
  const deadline = progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE_SECONDS;
  const found = [
    ...(templates.length === 0
      ? [{ path: 'spec.templates', message: 'must hold at least one template: say which pods to run' }]
      : []),
    ...sizeProblems({ templates, analyses }),
    ...nameProblems(templates, 'spec.templates'),
    ...serviceProblems(templates),
    ...templates.flatMap((template, index) => templateProblems(template, `spec.templates[${index}]`, deadline)),
    ...nameProblems(analyses, 'spec.analyses'),
    ...analyses.flatMap((analysis, index) => analysisProblems(analysis, `spec.analyses[${index}]`)),
    ...durationProblems(duration),
    ...notNegative('spec', { scaleDownDelaySeconds, progressDeadlineSeconds }),
  ];
  return [...decoding, ...found.filter(({ path }) => !decoding.some((earlier) => earlier.path.startsWith(path)))];
}

function sizeProblems(lists: Readonly<Record<string, readonly unknown[]>>): readonly Problem[] {
  return Object.entries(lists).flatMap(([name, list]) =>
    list.length > MOST ? [{ path: `spec.${name}`, message: `must hold at most ${MOST}, got ${list.length}` }] : [],
  );
}

/** They become parts of names of objects. */
function nameProblems(named: readonly { readonly name: string }[], path: string): readonly Problem[] {
  return named.flatMap(({ name }, index) => {
    const at = `${path}[${index}].name`;
    if (!LABEL.test(name)) {
      return [
        { path: at, message: `must be lower case letters, digits and dashes, such as baseline, got ${JSON.stringify(name)}` },
      ];
    }
    const first = named.findIndex((other) => other.name === name);
    return first === index ? [] : [{ path: at, message: `must be unique, got ${JSON.stringify(name)} twice` }];
  });
}

function serviceProblems(templates: readonly ExperimentTemplate[]): readonly Problem[] {
  const names = templates.map(({ service }) => service?.name ?? '');
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    if (name === '' || first === index) return [];
    return [
      {
        path: `spec.templates[${index}].service.name`,
        message: `must differ from that of spec.templates[${first}], both are ${JSON.stringify(name)}`,
      },
    ];
  });
}

function templateProblems(template: ExperimentTemplate, path: string, deadlineSeconds: number): readonly Problem[] {
  const { selector, template: pods, replicas, minReadySeconds } = template;
  const problems = notNegative(path, { replicas, minReadySeconds });
  if ((minReadySeconds ?? 0) >= deadlineSeconds && deadlineSeconds >= 0) {
    const message = `must be less than spec.progressDeadlineSeconds (${deadlineSeconds}), got ${minReadySeconds ?? 0}`;
    problems.push({ path: `${path}.minReadySeconds`, message });
  }
  if (selector === undefined)
    problems.push({ path: `${path}.selector`, message: 'is required: name the labels that its pods carry' });
  else if (isEmptySelector(selector)) {
    problems.push({ path: `${path}.selector`, message: 'must not be empty, or it would select every pod of the namespace' });
  } else problems.push(...selectorProblems(selector, `${path}.selector`));
  if (pods === undefined) return [...problems, { path: `${path}.template`, message: 'is required: describe the pods to run' }];
  if (problems.length === 0 && selector !== undefined && !matchesLabels(selector, pods.metadata?.labels ?? {})) {
    const message = `must match ${path}.selector: add the labels that it names`;
    problems.push({ path: `${path}.template.metadata.labels`, message });
  }
  const containers = pods.spec?.containers;
  if (!Array.isArray(containers) || containers.length === 0) {
    problems.push({ path: `${path}.template.spec.containers`, message: 'is required: name at least one container' });
  }
  return problems;
}

function analysisProblems({ templateName, args = [] }: ExperimentAnalysis, path: string): readonly Problem[] {
  return [
    ...(templateName === '' ? [{ path: `${path}.templateName`, message: 'must not be empty' }] : []),
    ...args.flatMap(({ value, valueFrom }, index) =>
      value !== undefined && valueFrom !== undefined
        ? [{ path: `${path}.args[${index}]`, message: 'must have only one of value and valueFrom' }]
        : [],
    ),
  ];
}

export function durationProblems(duration: string | undefined, path = 'spec.duration'): readonly Problem[] {
  if (duration === undefined || duration === '') return [];
  const ms = parseDuration(duration);
  if (typeof ms !== 'number') return [{ path, message: ms.error }];
  return ms < 0 ? [{ path, message: `must not be negative, got ${JSON.stringify(duration)}` }] : [];
}
