/** Rules about steps: how far the weight rises on what evidence. */
import { duration, type Hole, percent, type Rule } from './rule.ts';
import { rolloutField, type Subject } from './subject.ts';
import { type Rise, walkSteps } from './walk.ts';

export const unmeasuredStep: Rule = (subject) => {
  if (subject.analyses.length === 0) return [];
  return walkSteps(subject).rises.flatMap((rise): Hole[] => {
    if (rise.from === 0 || rise.measured || Number.isNaN(rise.to)) return [];
    const behind = rise.everMeasured ? ' What shows only there reaches everybody.' : '';
    return [
      {
        level: rise.everMeasured ? 'advice' : 'risk',
        where: at(subject, rise),
        says: `The weight goes from ${percent(rise.from)} to ${percent(rise.to)} and nothing has measured what ${percent(rise.from)} brought${spent(rise, subject)}.${behind}`,
        change: `Put an analysis step before it${Number.isFinite(rise.afterMs) ? ', behind the pause' : ''}.`,
      },
    ];
  });
};

function at(subject: Subject, { index }: Rise): string {
  const steps = subject.rollout.spec.strategy?.canary?.steps ?? [];
  return rolloutField(
    subject,
    index < steps.length ? `spec.strategy.canary.steps[${index}].setWeight` : 'spec.strategy.canary.steps (behind the last one)',
  );
}

/** Why an analysis beside the steps does not help. */
function spent({ afterMs, index }: Rise, { analyses }: Subject): string {
  const background = analyses.find(({ place }) => place.kind === 'background');
  if (background?.place.kind !== 'background') return '';
  if (background.place.startingStep >= index)
    return `: the analysis beside the steps starts with step ${background.place.startingStep} only`;
  const intervals = background.metrics.map(({ plan }) => plan?.intervalMs ?? 0);
  return `: ${duration(afterMs)} pass there, and the analysis beside the steps measures every ${duration(Math.min(...intervals))}`;
}

export const bigStep: Rule = (subject) => {
  if (subject.analyses.length === 0) return [];
  return walkSteps(subject)
    .rises.filter(({ from, to, measured }) =>
      from === 0 ? to >= 50 && to <= 100 && from !== to : measured && to >= 4 * from && to - from > 50,
    )
    .filter(({ index, from }) => from > 0 || index < (subject.rollout.spec.strategy?.canary?.steps ?? []).length)
    .map((rise) => ({
      level: 'advice' as const,
      where: at(subject, rise),
      says:
        rise.from === 0
          ? `The first users of the new version are ${percent(rise.to)} of all: what is wrong with it hurts so many before anything has been measured.`
          : `The weight goes from ${percent(rise.from)} to ${percent(rise.to)} at once: what shows only under load has not shown before.`,
      change: rise.from === 0 ? 'Begin with a few percent.' : 'Put a weight and an analysis in between.',
    }));
};

/** Prometheus can say nothing of a version that nobody is sent to. */
export const analysisBeforeTraffic: Rule = (subject) => {
  const steps = subject.rollout.spec.strategy?.canary?.steps ?? [];
  return walkSteps(subject).looks.flatMap(({ analysis, index, weight }): Hole[] => {
    const sent = steps
      .slice(0, index)
      .some(({ setHeaderRoute, setMirrorRoute }) => setHeaderRoute !== undefined || setMirrorRoute !== undefined);
    const asksPrometheus =
      analysis.place.kind === 'step' && analysis.metrics.some(({ query, dryRun }) => query !== undefined && !dryRun);
    if (weight > 0 || sent || !asksPrometheus) return [];
    return [
      {
        level: 'risk',
        where: analysis.where,
        says: 'It measures before the new version has any weight: its answers are about the old version, or about nothing.',
        change: 'Put it behind the first setWeight and a pause.',
      },
    ];
  });
};

/** Where the weight is a share of pods, few pods make few weights. */
export const coarseWeights: Rule = (subject) => {
  const canary = subject.rollout.spec.strategy?.canary;
  if (canary === undefined || canary.trafficRouting !== undefined || subject.replicas < 1) return [];
  const first = walkSteps(subject).rises.find(({ from, to }) => from === 0 && to < 100);
  if (first === undefined) return [];
  const share = (Math.max(1, Math.round((first.to * subject.replicas) / 100)) / subject.replicas) * 100;
  if (share < 2 * first.to) return [];
  return [
    {
      level: 'risk',
      where: at(subject, first),
      says: `Without trafficRouting a weight is a share of pods: of ${pods(subject.replicas)}, ${percent(first.to)} is one, which gets ${percent(Math.min(100, share))} of the requests or nearly so.`,
      change: `Run ${Math.ceil(100 / first.to)} pods, route traffic by weight, or write the weight that you will get.`,
    },
  ];
};

function pods(count: number): string {
  return count === 1 ? '1 pod' : `${count} pods`;
}
