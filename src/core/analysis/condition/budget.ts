/** What one evaluation may use. Steps bound time, units bound memory (list items, map entries, characters made); both end in a ConditionError. */
import { Failure } from './condition-error.ts';

const MAX_STEPS = 1_000_000;
const MAX_UNITS = 1_000_000;

export class Budget {
  private steps = MAX_STEPS;
  private units = MAX_UNITS;

  step(at: number, count = 1): void {
    this.steps -= count;
    if (this.steps < 0)
      throw new Failure('limit', `the expression takes more than ${MAX_STEPS} steps; aggregate in the query instead`, at);
  }

  allocate(at: number, count: number): void {
    this.units -= count;
    if (this.units < 0)
      throw new Failure('limit', `the expression makes values of more than ${MAX_UNITS} items; aggregate in the query instead`, at);
  }

  /** Looking for `part` in a text of `length` characters: engines take up to their product where both are made of repetitions. */
  search(at: number, length: number, part: number): void {
    this.step(at, 1 + (length / 16) * (1 + part / 16));
  }

  /** What is left of the steps: a bound for work whose size is not known yet. */
  get stepsLeft(): number {
    return this.steps;
  }
}
