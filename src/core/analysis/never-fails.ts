/** Whether a metric could ever fail, found by asking its conditions what they make of numbers from everywhere. */
import { evaluateConditions } from './condition/evaluate-conditions.ts';
import type { MetricPlan } from './metric-plan.ts';

/** Those whose verdict is the provider's own. */
const judgedByProvider: ReadonlySet<string> = new Set(['job', 'kayenta', 'plugin']);

/** Why the metric can never fail, a sentence without a subject; undefined where it can, for all that is known. */
export function neverFails(plan: MetricPlan): string | undefined {
  if (judgedByProvider.has(plan.provider)) return undefined;
  if (plan.successCondition === '' && plan.failureCondition === '')
    return 'can never fail: it has neither successCondition nor failureCondition, so every value is good';
  if (plan.consecutiveSuccessLimit === 0 && plan.count !== undefined && plan.failureLimit >= plan.count && plan.failureLimit > 0)
    return `can never fail: a failureLimit of ${plan.failureLimit} puts up with all ${plan.count} measurements`;
  const phases = verdicts(plan);
  if (phases.has('Successful') && !phases.has('Failed') && !phases.has('Inconclusive'))
    return 'can never fail, it seems: its conditions call every number good';
  return undefined;
}

/** True where bad values are inconclusive at most: a person has to look at each of them. */
export function neverFailsByItself(plan: MetricPlan): boolean {
  if (judgedByProvider.has(plan.provider)) return false;
  const phases = verdicts(plan);
  return phases.has('Inconclusive') && !phases.has('Failed');
}

function verdicts(plan: MetricPlan): ReadonlySet<string> {
  return new Set(samples.map((result) => evaluateConditions(plan, { kind: 'value', result, text: '' }).phase));
}

const numbers = [-1e12, -1, 0, 0.001, 0.5, 0.999, 1, 2, 99, 101, 1e12, Number.NaN];
/** What providers give: a number, or a list of them. */
const samples: readonly unknown[] = [...numbers, ...numbers.map((number) => [number])];
