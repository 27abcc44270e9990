/**
 * What another number in a condition would have done: the loosest that catches every incident, the strictest that takes nothing back
 * outside of them. Between the two, where there is a between, the template is right. Other numbers and metrics stay as they are.
 */
import { compileCondition } from '../../core/analysis/condition/condition.ts';
import { ConditionError } from '../../core/analysis/condition/condition-error.ts';
import { measuredNumbers, type Threshold, thresholdsOf, withThreshold } from '../../core/analysis/condition/thresholds.ts';
import { type IncidentSettings, incidentAt, isAbort } from './incidents.ts';
import { type JudgedMetric, type JudgedValue, valueAt } from './judged-metric.ts';
import { type PlayedRun, playRun, type RunBounds } from './play-run.ts';
import { Rejudge } from './rejudge.ts';
import { gapsBetween, type Range, spanOf, withinRange } from './threshold-range.ts';

export type ConditionName = 'successCondition' | 'failureCondition';

export interface ThresholdAdvice {
  readonly metric: string;
  readonly condition: ConditionName;
  /** With arguments filled in. */
  readonly text: string;
  readonly value: number;
  /** Which numbers let less through. */
  readonly stricter: 'lower' | 'higher';
  /** Aborts outside of incidents that no number here avoids: other metrics, other conditions, missing data. */
  readonly unavoidable: number;
  /** Incidents that the loosest number catches, since something else does. */
  readonly caughtAnyway: number;
  /** The loosest numbers that catch every incident, with the aborts outside of them; undefined where none does, or nothing is marked. */
  readonly catching: (Choice & { readonly alarms: number }) | undefined;
  /** The strictest numbers without an abort that could be avoided, with the incidents that they catch. */
  readonly quiet: Choice & { readonly caught: number };
  /** Numbers that catch every incident without such an abort. */
  readonly separating: Choice | undefined;
}

export interface Choice extends Range {
  /** One of the range that is easy to read. */
  readonly suggested: number;
  /** The condition with it. */
  readonly condition: string;
}

export interface Played {
  readonly metrics: readonly JudgedMetric[];
  readonly startsMs: readonly number[];
  /** Start -> how it went with the conditions as they are; those that the history's end cut off are not there. */
  readonly runs: ReadonlyMap<number, PlayedRun>;
  readonly bounds: RunBounds;
  readonly settings: IncidentSettings;
}

/** One for each number that a condition holds what is measured against, and that makes a difference. */
export function adviseThresholds(played: Played): readonly ThresholdAdvice[] {
  return played.metrics
    .filter(({ plan }) => !plan.dryRun)
    .flatMap((metric) =>
      (['successCondition', 'failureCondition'] as const).flatMap((condition) => {
        const compiled = compileCondition(metric.plan[condition]);
        if (compiled instanceof ConditionError) return [];
        return thresholdsOf(compiled).flatMap((threshold) => advise(played, { metric, condition, threshold }) ?? []);
      }),
    );
}

interface Subject {
  readonly metric: JudgedMetric;
  readonly condition: ConditionName;
  readonly threshold: Threshold;
}

function advise(played: Played, { metric, condition, threshold }: Subject): ThresholdAdvice | undefined {
  const text = metric.plan[condition];
  const gaps = gapsBetween(metric.values.flatMap(({ result }) => measuredNumbers(threshold, result)));
  const rejudge = new Rejudge(metric, condition, threshold);
  const [lowest, highest] = [gaps[0], gaps.at(-1)];
  if (lowest === undefined || highest === undefined) return undefined;
  const [bad, worse] = [rejudge.badAt(withinRange(lowest)), rejudge.badAt(withinRange(highest))];
  if (bad === worse) return undefined;
  // From the loosest to the strictest: the stricter, the more is bad.
  const ordered = bad < worse ? gaps : gaps.toReversed();
  const trials = new Trials(played, metric, rejudge, ordered);
  const span = spanOf(gaps);
  const choose = (range: Range): Choice => {
    const suggested = withinRange(range, span);
    return { ...range, suggested, condition: withThreshold(text, threshold, suggested) };
  };
  const loosest = trials.at(0);
  const last = ordered.length - 1;
  const quietest = lastWhere(last, (index) => trials.at(index).alarms <= loosest.alarms);
  const all = played.settings.incidents.length;
  const catching =
    all > 0 && trials.at(last).caught === all ? firstWhere(last, (index) => trials.at(index).caught === all) : undefined;
  // Whatever the number is, the same comes of it.
  if (quietest === last && (all === 0 || catching === 0)) return undefined;
  return {
    metric: metric.plan.name,
    condition,
    text,
    value: threshold.value,
    stricter: bad < worse ? 'higher' : 'lower',
    unavoidable: loosest.alarms,
    caughtAnyway: loosest.caught,
    catching: catching === undefined ? undefined : { ...choose(ordered[catching] ?? lowest), alarms: trials.at(catching).alarms },
    quiet: { ...choose(ordered[quietest] ?? lowest), caught: trials.at(quietest).caught },
    separating:
      catching === undefined || catching > quietest
        ? undefined
        : choose(union(ordered[catching] ?? lowest, ordered[quietest] ?? lowest)),
  };
}

function union(one: Range, other: Range): Range {
  return { above: Math.min(one.above, other.above), below: Math.max(one.below, other.below) };
}

interface Outcome {
  readonly caught: number;
  readonly alarms: number;
}

/** All runs again, with another number; each number is tried once. */
class Trials {
  readonly #played: Played;
  readonly #metric: JudgedMetric;
  readonly #rejudge: Rejudge;
  readonly #gaps: readonly Range[];
  readonly #known = new Map<number, Outcome>();

  constructor(played: Played, metric: JudgedMetric, rejudge: Rejudge, gaps: readonly Range[]) {
    this.#played = played;
    this.#metric = metric;
    this.#rejudge = rejudge;
    this.#gaps = gaps;
  }

  at(index: number): Outcome {
    const outcome = this.#known.get(index) ?? this.#play(index);
    this.#known.set(index, outcome);
    return outcome;
  }

  #play(index: number): Outcome {
    const { metrics, startsMs, runs, bounds, settings } = this.#played;
    const changed = this.#rejudge.at(withinRange(this.#gaps[index] ?? { above: 0, below: 0 }));
    const tried = metrics.map((metric) => (metric === this.#metric ? changed : metric));
    const changes = changed.values.filter(({ verdict }, place) => verdict.phase !== this.#metric.values[place]?.verdict.phase);
    const caught = new Set<number>();
    let alarms = 0;
    for (const startMs of startsMs) {
      const before = runs.get(startMs);
      const isSame = before !== undefined && !this.#mayDiffer(before, changes);
      const run = isSame ? before : playRun(tried, startMs, bounds);
      if (run === undefined || !isAbort(run)) continue;
      const incident = incidentAt(run.endedAtMs, settings);
      if (incident === undefined) alarms += 1;
      else caught.add(incident);
    }
    return { caught: caught.size, alarms };
  }

  /** A run that saw nothing of what is judged otherwise goes as it went. */
  #mayDiffer({ startedAtMs, endedAtMs }: PlayedRun, changes: readonly JudgedValue[]): boolean {
    const last = valueAt(changes, endedAtMs);
    const seenFirst = valueAt(this.#metric.values, startedAtMs);
    return last !== undefined && seenFirst !== undefined && last.atMs >= seenFirst.atMs;
  }
}

/** The first index up to `last` for which it holds; it holds for `last`, and from there on for all behind. */
function firstWhere(last: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The last index up to `last` for which it holds; it holds for 0, and up to there for all before. */
function lastWhere(last: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
