/** What rules say of scenarios that were played: their names, what they cost, and those that one field explains. */
import type { PlayedScenario } from '../report.ts';
import { grouped } from './rule.ts';
import type { Subject } from './subject.ts';

const mostNames = 4;

export function scenarioNames(scenarios: readonly PlayedScenario[]): string {
  const shown = scenarios.slice(0, mostNames).map(({ name }) => name);
  return scenarios.length > shown.length ? `${shown.join(', ')} and ${scenarios.length - shown.length} more` : shown.join(', ');
}

/** A sentence behind another one; empty where none failed. */
export function failedAtMost(scenarios: readonly PlayedScenario[]): string {
  const failed = Math.max(...scenarios.map(({ failedRequests }) => failedRequests));
  return failed === 0 ? '' : ` Up to ${grouped(failed)} requests failed in the time that was played.`;
}

/** Scenarios that ended badly since pods count as available as soon as they are ready for a moment. */
export function crashedAtOnce({ rollout, played }: Subject): readonly PlayedScenario[] {
  if ((rollout.spec.minReadySeconds ?? 0) > 0) return [];
  return played.filter(({ name, endsWell }) => !endsWell && /^pods-crash(?:=|$)/.test(name));
}
