/** What a Rollout's manifests leave open: the table of all rules, in the order of what they may cost, and what they say together. */
import type { KubeObject } from '../../api/kubernetes.ts';
import type { LeftOpen, PlayedScenario } from '../report.ts';
import { analysisCannotFail, analysisEndsEarly, noAnalysis, onlyInconclusive, outageNeverEnds } from './analysis-rules.ts';
import {
  allPodsAtOnce,
  budgetAllowsNothing,
  capacityTaken,
  shortScaleDownDelay,
  singlePod,
  stableShrinks,
} from './capacity-rules.ts';
import {
  badVersionKept,
  goodVersionTakenBack,
  releaseLosesRequests,
  rollbackOverloadsStable,
  usersLeftInIt,
} from './played-rules.ts';
import { configNotVersioned, movingImageTag, noReadinessProbe, readyAtOnce } from './pod-rules.ts';
import { noDeadline, notMeasuredAfterwards, promotesUnmeasured } from './promotion-rules.ts';
import { noTraffic, versionsNotToldApart, windowLongerThanPause } from './query-rules.ts';
import type { Rule } from './rule.ts';
import { analysisBeforeTraffic, bigStep, coarseWeights, unmeasuredStep } from './step-rules.ts';
import { subjectOf } from './subject.ts';

/** name -> rule, worst first. Names are part of what users rely on: docs/reference/findings.md has a section for each. */
export const findingRules: Readonly<Record<string, Rule>> = {
  'bad-version-kept': badVersionKept,
  'analysis-cannot-fail': analysisCannotFail,
  'no-analysis': noAnalysis,
  'users-left-in-it': usersLeftInIt,
  'only-inconclusive': onlyInconclusive,
  'versions-not-told-apart': versionsNotToldApart,
  'unmeasured-step': unmeasuredStep,
  'promotes-unmeasured': promotesUnmeasured,
  'analysis-before-traffic': analysisBeforeTraffic,
  'analysis-ends-early': analysisEndsEarly,
  'window-longer-than-pause': windowLongerThanPause,
  'no-traffic': noTraffic,
  'moving-image-tag': movingImageTag,
  'release-loses-requests': releaseLosesRequests,
  'rollback-overloads-stable': rollbackOverloadsStable,
  'stable-shrinks': stableShrinks,
  'all-pods-at-once': allPodsAtOnce,
  'short-scale-down-delay': shortScaleDownDelay,
  'ready-at-once': readyAtOnce,
  'no-readiness-probe': noReadinessProbe,
  'outage-never-ends': outageNeverEnds,
  'coarse-weights': coarseWeights,
  'no-deadline': noDeadline,
  'good-version-taken-back': goodVersionTakenBack,
  'big-step': bigStep,
  'not-measured-afterwards': notMeasuredAfterwards,
  'capacity-taken': capacityTaken,
  'config-not-versioned': configNotVersioned,
  'single-pod': singlePod,
  'budget-allows-nothing': budgetAllowsNothing,
};

/** `objects` are all of the files, completed or as they were written; `rollout` is the one in question. Each hole is told once, worst first. */
export function leftOpen(
  objects: readonly KubeObject[],
  rollout: KubeObject,
  played: readonly PlayedScenario[],
): readonly LeftOpen[] {
  const subject = subjectOf(objects, rollout, played);
  const told = new Map<string, LeftOpen>();
  for (const [name, rule] of Object.entries(findingRules)) {
    // A template that two steps use has its hole once.
    for (const hole of rule(subject)) {
      const key = `${name}|${hole.where}|${name === 'window-longer-than-pause' ? '' : hole.says}`;
      if (!told.has(key)) told.set(key, { rule: name, ...hole });
    }
  }
  const all = [...told.values()];
  return [...all.filter(({ level }) => level === 'risk'), ...all.filter(({ level }) => level === 'advice')];
}
