/**
 * The verdict on one measurement. A type error is an error, never a failure; and a measurement without data is a success only where a condition asked
 * whether there is data.
 */
import type { MetricValue } from '../metric-value.ts';
import { asksForData } from './asks-for-data.ts';
import { type CompiledCondition, compileCondition, type Environment, evaluate } from './condition.ts';
import { ConditionError } from './condition-error.ts';

export interface Conditions {
  readonly successCondition?: string | undefined;
  readonly failureCondition?: string | undefined;
}

export interface Verdict {
  readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
  /** Why, when the phase is Error; otherwise empty. */
  readonly message: string;
}

/** `nowMs` is what `now()` says; without it `now()` is an error. */
export type VerdictOptions = Pick<Environment, 'lists' | 'nowMs'>;

interface Answer {
  readonly holds: boolean;
  /** The condition considered that there may be no data. */
  readonly asked: boolean;
}

/** Compiled once, for many values. */
export interface CompiledConditions {
  readonly success: Compiled | undefined;
  readonly failure: Compiled | undefined;
}

interface Compiled {
  readonly text: string;
  /** An error is told with every value. */
  readonly condition: CompiledCondition | ConditionError;
}

export function compileConditions({ successCondition = '', failureCondition = '' }: Conditions): CompiledConditions {
  const compiled = (text: string): Compiled | undefined => (text === '' ? undefined : { text, condition: compileCondition(text) });
  return { success: compiled(successCondition), failure: compiled(failureCondition) };
}

/**
 * Without conditions any data is a success. With one, it decides alone; with both, failure wins and neither is Inconclusive. An error in either is the
 * phase Error, and so is what would be a success only because there was no data.
 */
export function evaluateConditions(conditions: Conditions, value: MetricValue, options: VerdictOptions = {}): Verdict {
  return evaluateCompiledConditions(compileConditions(conditions), value, options);
}

/** The same for conditions that are compiled already. */
export function evaluateCompiledConditions(
  conditions: CompiledConditions,
  value: MetricValue,
  options: VerdictOptions = {},
): Verdict {
  const success = conditions.success && answer('successCondition', conditions.success, value, options);
  const failure = conditions.failure && answer('failureCondition', conditions.failure, value, options);
  for (const problem of [success, failure]) {
    if (typeof problem === 'string') return { phase: 'Error', message: problem };
  }
  const phase = phaseOf(asAnswer(success), asAnswer(failure));
  const asked = [success, failure].some((found) => asAnswer(found)?.asked === true);
  if (phase !== 'Successful' || value.kind === 'value' || asked) return { phase, message: '' };
  const advice = 'no condition says what that means; write for instance len(result) == 0 || result[0] >= 0.95';
  return { phase: 'Error', message: `no data returned from the metric provider, and ${advice}` };
}

function asAnswer(found: Answer | string | undefined): Answer | undefined {
  return typeof found === 'string' ? undefined : found;
}

function phaseOf(success: Answer | undefined, failure: Answer | undefined): Verdict['phase'] {
  if (failure?.holds === true) return 'Failed';
  if (success === undefined || success.holds) return 'Successful';
  return failure === undefined ? 'Failed' : 'Inconclusive';
}

/** What the condition says, or in words why it cannot say anything. */
function answer(
  name: keyof Conditions,
  { text, condition: compiled }: Compiled,
  value: MetricValue,
  options: VerdictOptions,
): Answer | string {
  const holds = compiled instanceof ConditionError ? compiled : evaluateCompiled(compiled, value, options);
  if (typeof holds === 'boolean') return { holds, asked: !(compiled instanceof ConditionError) && asksForData(compiled.tree) };
  const reason =
    isEmpty(value.result) && holds.code !== 'syntax'
      ? 'metric result is nil or empty: no data returned from the metric provider'
      : holds.message;
  return `could not evaluate ${name} ${JSON.stringify(text)}: ${reason}`;
}

function evaluateCompiled(compiled: CompiledCondition, { result }: MetricValue, options: VerdictOptions): boolean | ConditionError {
  const holds = evaluate(compiled, { ...options, values: { result } }, 'bool');
  if (typeof holds === 'boolean' || holds instanceof ConditionError) return holds;
  return new ConditionError('type', 'expected bool', compiled.text, 0);
}

function isEmpty(result: unknown): boolean {
  return result === null || result === undefined || (Array.isArray(result) && result.length === 0);
}
