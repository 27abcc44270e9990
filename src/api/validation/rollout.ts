/**
 * What is wrong with a Rollout by itself, without a look at the world: rules that need more than one field, and limits that an API
 * server with another CRD may have let pass. What it refers to (Services, templates, routes) is checked where those are known.
 */
import { isEmptySelector, matchesLabels, selectorProblems } from '../label-selector.ts';
import { annotations, onFailureUndo } from '../names.ts';
import type { Problem } from '../problem.ts';
import type { Rollout, RolloutSpec } from '../rollout.ts';
import { blueGreenProblems } from './blue-green.ts';
import { canaryProblems } from './canary.ts';
import { experimentStepProblems } from './experiment-step.ts';
import { roleMetadataProblems } from './injected.ts';
import { notNegative } from './limits.ts';
import { unsupportedProblems } from './unsupported.ts';
import { workloadRefProblems } from './workload-ref.ts';

const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** Empty if this version of Rampart can carry the Rollout out. `decoding` is what decodeRollout found; it comes first. */
export function validateRollout(rollout: Rollout, decoding: readonly Problem[] = []): readonly Problem[] {
  const found = [...specProblems(rollout.spec), ...unsupportedProblems(rollout), ...onFailureProblems(rollout)];
  return [...decoding, ...found.filter(({ path }) => !decoding.some((earlier) => earlier.path.startsWith(path)))];
}

/** spec -> what is wrong with it by itself: it is asked for at every look at a Rollout, whose spec hardly ever changes. */
const remembered = new WeakMap<RolloutSpec, readonly Problem[]>();

function specProblems(spec: RolloutSpec): readonly Problem[] {
  const known = remembered.get(spec);
  if (known !== undefined) return known;
  const { canary, blueGreen } = spec.strategy ?? {};
  const found = [
    ...selectorAndTemplate(spec),
    ...limitProblems(spec),
    ...strategyProblems(spec),
    ...roleMetadataProblems(spec),
    ...(canary === undefined ? [] : canaryProblems(canary, 'spec.strategy.canary')),
    ...experimentStepProblems(spec),
    ...(blueGreen === undefined ? [] : blueGreenProblems(blueGreen, 'spec.strategy.blueGreen')),
  ];
  remembered.set(spec, found);
  return found;
}

function selectorAndTemplate(spec: RolloutSpec): readonly Problem[] {
  const { selector, template, workloadRef } = spec;
  // What the reference brings is checked when it is there: then there is no reference any more.
  if (workloadRef !== undefined) return workloadRefProblems(spec, workloadRef);
  const problems: Problem[] = [];
  if (selector === undefined) {
    problems.push({ path: 'spec.selector', message: 'is required: name the labels that all pods of this Rollout carry' });
  } else if (isEmptySelector(selector)) {
    problems.push({ path: 'spec.selector', message: 'must not be empty, or it would select every pod of the namespace' });
  } else {
    problems.push(...selectorProblems(selector, 'spec.selector'));
  }
  if (template === undefined) {
    problems.push({ path: 'spec.template', message: 'is required: describe the pods to run' });
    return problems;
  }
  const labels = template.metadata?.labels ?? {};
  if (problems.length === 0 && selector !== undefined && !matchesLabels(selector, labels)) {
    problems.push({ path: 'spec.template.metadata.labels', message: 'must match spec.selector: add the labels that it names' });
  }
  const containers = template.spec?.containers;
  if (!Array.isArray(containers) || containers.length === 0) {
    problems.push({ path: 'spec.template.spec.containers', message: 'is required: name at least one container' });
  }
  return problems;
}

function limitProblems(spec: RolloutSpec): readonly Problem[] {
  const { replicas, minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds, analysis, rollbackWindow } = spec;
  const problems = notNegative('spec', { replicas, minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds });
  problems.push(...notNegative('spec.analysis', { ...analysis }), ...notNegative('spec.rollbackWindow', { ...rollbackWindow }));
  const deadline = progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE_SECONDS;
  if (deadline >= 0 && deadline <= (minReadySeconds ?? 0)) {
    problems.push({
      path: 'spec.progressDeadlineSeconds',
      message: `must be greater than minReadySeconds (${minReadySeconds ?? 0}), got ${deadline}`,
    });
  }
  return problems;
}

function strategyProblems({ strategy }: RolloutSpec): readonly Problem[] {
  const { canary, blueGreen } = strategy ?? {};
  if (canary !== undefined && blueGreen !== undefined) {
    return [{ path: 'spec.strategy', message: 'must have only one of canary and blueGreen' }];
  }
  if (canary !== undefined || blueGreen !== undefined) return [];
  return [{ path: 'spec.strategy', message: 'is required: set canary or blueGreen ("canary: {}" is a rolling update)' }];
}

function onFailureProblems({ metadata, spec }: Rollout): readonly Problem[] {
  const wanted = metadata.annotations?.[annotations.onFailure];
  const path = `metadata.annotations[${JSON.stringify(annotations.onFailure)}]`;
  if (wanted === undefined || wanted === '') return [];
  if (wanted === onFailureUndo) {
    const message = 'cannot be used with workloadRef: the template belongs to another object, which Rampart does not change';
    return spec.workloadRef === undefined ? [] : [{ path, message }];
  }
  return [
    {
      path,
      message: `must be ${onFailureUndo} or absent, got ${JSON.stringify(wanted)}`,
    },
  ];
}
