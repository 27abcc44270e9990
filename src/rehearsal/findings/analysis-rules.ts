/** Rules about whether an analysis can take a version back at all, and for how long it watches. */
import { neverFails, neverFailsByItself } from '../../core/analysis/never-fails.ts';
import { duration, type Rule } from './rule.ts';
import { rolloutField, type UsedAnalysis } from './subject.ts';
import { lastsMs, walkSteps } from './walk.ts';

export const noAnalysis: Rule = (subject) => {
  const { canary, blueGreen } = subject.rollout.spec.strategy ?? {};
  if (subject.analyses.length > 0 || (canary === undefined && blueGreen === undefined)) return [];
  const hasSteps = (canary?.steps ?? []).some(({ setWeight }) => setWeight !== undefined) || blueGreen !== undefined;
  return [
    {
      level: hasSteps ? 'risk' : 'advice',
      where: rolloutField(subject, blueGreen === undefined ? 'spec.strategy.canary' : 'spec.strategy.blueGreen'),
      says: 'Nothing measures the new version. One that starts and answers errors becomes stable, unless a person sees it in time.',
      change:
        blueGreen === undefined
          ? 'Add an analysis step behind the first weight, or spec.strategy.canary.analysis beside all steps.'
          : 'Add prePromotionAnalysis and postPromotionAnalysis.',
    },
  ];
};

export const analysisCannotFail: Rule = ({ analyses }) => [
  ...analyses.filter(isAllDry).map(({ where }) => ({
    level: 'risk' as const,
    where,
    says: 'All of its metrics are measured as dryRun: whatever they say, the version passes.',
    change: 'Take at least one metric out of dryRun.',
  })),
  ...analyses.flatMap(({ metrics }) =>
    metrics.flatMap(({ where, plan, dryRun }) => {
      const never = plan === undefined || dryRun ? undefined : neverFails(plan);
      if (never === undefined) return [];
      return [
        {
          level: 'risk' as const,
          where,
          says: `It ${never}. A bad version passes it.`,
          change:
            'Write a successCondition that a bad version misses, such as result[0] >= 0.99, and a failureLimit below the count.',
        },
      ];
    }),
  ),
];

function isAllDry({ isComplete, metrics }: UsedAnalysis): boolean {
  return isComplete && metrics.length > 0 && metrics.every(({ dryRun }) => dryRun);
}

export const onlyInconclusive: Rule = ({ analyses }) =>
  analyses.flatMap(({ metrics }) =>
    metrics.flatMap(({ where, plan, dryRun }) => {
      if (plan === undefined || dryRun || neverFails(plan) !== undefined || !neverFailsByItself(plan)) return [];
      return [
        {
          level: 'risk' as const,
          where,
          says: 'Bad values are inconclusive, never failed: the update pauses at its weight, and users meet the bad version until a person aborts.',
          change: 'Write a failureCondition that bad values meet, such as result[0] < 0.95.',
        },
      ];
    }),
  );

/** A background analysis with a count is over when it has counted. */
export const analysisEndsEarly: Rule = (subject) => {
  const { pausesFrom } = walkSteps(subject);
  return subject.analyses.flatMap((analysis) => {
    const { place, metrics, isComplete, where } = analysis;
    if (place.kind !== 'background' || !isComplete || metrics.length === 0) return [];
    if (metrics.some(({ plan, dryRun }) => !dryRun && (plan === undefined || plan.count === undefined))) return [];
    const rest = pausesFrom[place.startingStep] ?? 0;
    const lasts = lastsMs(analysis);
    if (lasts >= rest) return [];
    const paused = Number.isFinite(rest) ? `the steps pause for ${duration(rest)}` : 'the steps wait for a person';
    return [
      {
        level: 'risk',
        where,
        says: `It has counted to its end after ${lasts === 0 ? 'its first measurement' : duration(lasts)}, while ${paused}: nothing watches the higher weights.`,
        change: 'Give its metrics an interval and no count; it then ends with the update.',
      },
    ];
  });
};

/** More errors in a row than anybody waits for. */
const manyErrors = 100;

export const outageNeverEnds: Rule = ({ analyses }) =>
  analyses.flatMap(({ metrics }) =>
    metrics.flatMap(({ where, plan, dryRun }) => {
      if (plan === undefined || dryRun || plan.consecutiveErrorLimit < manyErrors) return [];
      return [
        {
          level: 'risk' as const,
          where: `${where}.consecutiveErrorLimit`,
          says: `${plan.consecutiveErrorLimit} errors in a row are put up with: while the metrics cannot be asked, the version keeps its weight, unwatched.`,
          change: 'Lower it to a few; 4 if absent.',
        },
      ];
    }),
  );
