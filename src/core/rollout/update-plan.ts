/** What a strategy plans for one pass. Each strategy has a planner of its own; what becomes of the plan is the same for all. */
import type { Advance } from './advance.ts';
import type { Runs } from './analysis-runs.ts';
import type { ServiceSwitch } from './services.ts';

export interface UpdatePlan {
  readonly moved: Advance;
  readonly runs: Runs;
  readonly switches: readonly ServiceSwitch[];
}
