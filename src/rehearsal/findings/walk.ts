/** Goes through the steps of a canary and tells how its weight rises: from where, to where, after how long, and whether anybody had looked. */
import { parsePauseDuration } from '../../api/duration.ts';
import type { CanaryStep } from '../../api/rollout.ts';
import { decides, type Subject, type UsedAnalysis } from './subject.ts';

export interface Rise {
  /** Of the step that raises it; the number of steps for the end, where the new version gets everything. */
  readonly index: number;
  /** Percent. */
  readonly from: number;
  readonly to: number;
  /** Since the rise before, as far as the steps say; Infinity where a person is waited for. */
  readonly afterMs: number;
  /** Something that can fail was measured since the rise before. */
  readonly measured: boolean;
  /** Something that can fail was measured since the version had weight at all. */
  readonly everMeasured: boolean;
}

/** An analysis step, and what came before it. */
export interface Look {
  readonly analysis: UsedAnalysis;
  readonly index: number;
  readonly weight: number;
  /** Since the weight rose last. */
  readonly afterMs: number;
}

export interface Walk {
  readonly rises: readonly Rise[];
  readonly looks: readonly Look[];
  /** All pauses together from each step on: index -> ms. */
  readonly pausesFrom: readonly number[];
}

export function walkSteps(subject: Subject): Walk {
  const canary = subject.rollout.spec.strategy?.canary;
  const steps = canary?.steps ?? [];
  const whole = canary?.trafficRouting?.maxTrafficWeight ?? 100;
  const rises: Rise[] = [];
  const looks: Look[] = [];
  let [weight, afterMs, measured, everMeasured] = [0, 0, false, false];
  const rise = (index: number, to: number): void => {
    const seen = measured || (weight > 0 && backgroundSees(subject, { index, afterMs }));
    everMeasured ||= seen && weight > 0;
    if (to > weight) {
      rises.push({ index, from: weight, to, afterMs, measured: seen, everMeasured });
      [afterMs, measured] = [0, false];
    }
    weight = to;
  };
  for (const [index, step] of steps.entries()) {
    if (step.setWeight !== undefined) rise(index, (step.setWeight / whole) * 100);
    for (const analysis of subject.analyses) {
      if (!isAt(analysis, index)) continue;
      looks.push({ analysis, index, weight, afterMs });
      measured ||= decides(analysis);
      afterMs += lastsMs(analysis);
    }
    afterMs += pauseMs(step);
  }
  if (weight < 100) rise(steps.length, 100);
  return { rises, looks, pausesFrom: steps.map((_, index) => steps.slice(index).reduce((sum, step) => sum + pauseMs(step), 0)) };
}

function isAt({ place }: UsedAnalysis, index: number): boolean {
  return (place.kind === 'step' || place.kind === 'experiment') && place.index === index;
}

function pauseMs({ pause, experiment }: CanaryStep): number {
  if (pause === undefined) {
    const runs = experiment?.duration === undefined ? 0 : parsePauseDuration(experiment.duration);
    return typeof runs === 'number' ? runs : 0;
  }
  const { duration } = pause;
  if (duration === undefined || duration === '') return Number.POSITIVE_INFINITY;
  const ms = parsePauseDuration(duration);
  return typeof ms === 'number' ? ms : 0;
}

/** True where an analysis beside the steps is certain to have measured since the weight rose last. */
function backgroundSees({ analyses }: Subject, { index, afterMs }: { readonly index: number; readonly afterMs: number }): boolean {
  return analyses.some((analysis) => {
    if (analysis.place.kind !== 'background' || analysis.place.startingStep >= index) return false;
    if (!analysis.isComplete) return true;
    return analysis.metrics.some(({ dryRun, plan }) => !dryRun && (plan === undefined || (plan.intervalMs ?? 0) <= afterMs));
  });
}

/** Until the last measurement, where all goes well; 0 where it is not known. */
export function lastsMs({ metrics }: UsedAnalysis): number {
  return Math.max(
    0,
    ...metrics.map(({ plan }) =>
      plan === undefined ? 0 : plan.initialDelayMs + Math.max(0, (plan.count ?? 1) - 1) * (plan.intervalMs ?? 0),
    ),
  );
}
