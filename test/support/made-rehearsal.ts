/** A rehearsal made by hand, for views: a routed canary of ten pods that is good, one that is taken back, and one that nobody notices. */
import type { PlayedScenario, Rehearsal, Sample, ToldEvent } from '../../src/rehearsal/report.ts';

const requestsPerSecond = 50;
const replicas = 10;

/** A stretch of time: how long, how the new version stands, and which share of its requests it answers well. */
interface Stretch {
  readonly seconds: number;
  readonly weight: number;
  readonly newPods: number;
  readonly newSuccess: number;
  readonly step: number | undefined;
  readonly phase: string;
}

const stretch = (seconds: number, weight: number, step: number | undefined, newSuccess = 1, phase = 'Progressing'): Stretch => ({
  seconds,
  weight,
  newPods: Math.ceil((weight / 100) * replicas),
  newSuccess,
  step,
  phase,
});

const goodWay: readonly Stretch[] = [
  stretch(4, 0, 0),
  stretch(120, 10, 1, 1, 'Paused'),
  stretch(240, 10, 2),
  stretch(8, 10, 3),
  stretch(300, 50, 4, 1, 'Paused'),
  stretch(240, 50, 5),
  stretch(12, 50, 6),
  stretch(60, 100, undefined, 1, 'Healthy'),
];

const takenBack: readonly Stretch[] = [
  stretch(4, 0, 0),
  stretch(120, 10, 1, 0.8, 'Paused'),
  stretch(61, 10, 2, 0.8),
  stretch(60, 0, 2, 1, 'Degraded'),
];

const unnoticed: readonly Stretch[] = goodWay.map((one) => ({ ...one, newSuccess: one.weight >= 50 ? 0.93 : 1 }));

function samplesOf(way: readonly Stretch[]): readonly Sample[] {
  let atSeconds = 0;
  return way.map(({ seconds, weight, newPods, newSuccess, step, phase }) => {
    const sample: Sample = {
      atSeconds,
      weight,
      pods: {
        stable: { ready: replicas, total: replicas },
        new: { ready: newPods, total: newPods },
        other: { ready: 0, total: 0 },
      },
      requestsPerSecond,
      successRatio: 1 - (weight / 100) * (1 - newSuccess),
      newSuccessRatio: weight === 0 ? undefined : newSuccess,
      step,
      phase,
    };
    atSeconds += seconds;
    return sample;
  });
}

function failedOf(way: readonly Stretch[]): PlayedScenario['failedAtWeight'] {
  const weights = [...new Set(way.map(({ weight }) => weight))].toSorted((a, b) => a - b);
  return weights.map((weight) => {
    const some = way.filter((one) => one.weight === weight);
    const requests = some.reduce((sum, { seconds }) => sum + seconds * requestsPerSecond, 0);
    const failed = some.reduce((sum, one) => sum + one.seconds * requestsPerSecond * (weight / 100) * (1 - one.newSuccess), 0);
    return { weight, requests, failed: Math.round(failed) };
  });
}

const told = (atSeconds: number, reason: string, message: string, type: ToldEvent['type'] = 'Normal'): ToldEvent => ({
  atSeconds,
  type,
  reason,
  message,
});

/** One scenario, from its way and what is said of it. */
export function madeScenario(way: readonly Stretch[], fields: Partial<PlayedScenario> = {}): PlayedScenario {
  const failedAtWeight = failedOf(way);
  return {
    name: 'good',
    title: 'The new version is good.',
    seed: 1,
    ending: 'completed',
    endsWell: true,
    why: 'Every analysis was successful.',
    durationSeconds: way.reduce((sum, { seconds }) => sum + seconds, 0),
    secondsToSafe: undefined,
    requests: failedAtWeight.reduce((sum, { requests }) => sum + requests, 0),
    failedRequests: failedAtWeight.reduce((sum, { failed }) => sum + failed, 0),
    failedAtWeight: failedAtWeight.filter(({ failed }) => failed > 0),
    mostPods: 20,
    mostExtraPods: 10,
    phase: 'Healthy',
    message: '',
    samples: samplesOf(way),
    events: [
      told(0, 'RolloutUpdated', 'Rollout updated to revision 2'),
      told(4, 'RolloutStepCompleted', 'Rollout step 1/6 completed (setWeight: 10)'),
      told(4, 'RolloutPaused', 'Rollout is paused (CanaryPauseStep)'),
      told(124, 'AnalysisRunRunning', "Step Analysis Run 'shop-6d4b-2-2' Status New: 'Running' Previous: ''"),
    ],
    marks: [],
    ...fields,
  };
}

export const goodScenario = madeScenario(goodWay);

export const takenBackScenario = madeScenario(takenBack, {
  name: 'errors-at-step=1',
  title: 'The new version answers one request in five with an error from step 1 on.',
  ending: 'aborted',
  why: "Metric 'success-rate' failed twice: 0.80 is below 0.99.",
  secondsToSafe: 181,
  phase: 'Degraded',
  message:
    'RolloutAborted: Rollout aborted update to revision 2: Step-based analysis phase error/failed: Metric "success-rate" assessed Failed due to failed (2) > failureLimit (1)',
  mostPods: 11,
  mostExtraPods: 1,
  events: [
    ...goodScenario.events,
    told(185, 'AnalysisRunFailed', "Step Analysis Run 'shop-6d4b-2-2' Status New: 'Failed' Previous: 'Running'", 'Warning'),
    told(185, 'RolloutAborted', 'Rollout aborted update to revision 2: Metric "success-rate" assessed Failed', 'Warning'),
  ],
  marks: [{ atSeconds: 4, text: 'the new version begins to answer errors' }],
});

export const unnoticedScenario = madeScenario(unnoticed, {
  name: 'errors-above-weight=40',
  title: 'The new version answers 7 % of its requests with an error as soon as it has more than 40 % of them.',
  endsWell: false,
  why: 'No analysis measured it above 40 %: it is stable now, and fails on.',
  secondsToSafe: Number.POSITIVE_INFINITY,
  marks: [{ atSeconds: 372, text: 'the new version begins to answer errors' }],
});

export const madeRehearsal: Rehearsal = {
  assumptions: [
    'Gateway "web" is in none of the files: it takes every route that fits.',
    'Nobody says how many requests there are: 50 a second.',
  ],
  rollouts: [
    {
      namespace: 'default',
      name: 'shop',
      strategy: 'canary with routes',
      findings: [
        {
          rule: 'versions-not-told-apart',
          level: 'risk',
          where: 'AnalysisTemplate success-rate: spec.metrics[0].provider.prometheus.query',
          says: 'It measures both versions together. At a weight of 10 % a version that fails 10 % of its requests passes it.',
          change: 'Pick the new version by its pods: match rollouts_pod_template_hash="{{args.hash}}".',
        },
        {
          rule: 'no-deadline',
          level: 'advice',
          where: 'Rollout shop: spec.progressDeadlineAbort',
          says: 'A version whose pods do not start is told of after 10m (Degraded) and stays half-way until a person aborts.',
          change: 'progressDeadlineAbort: true takes it back by itself.',
        },
      ],
      scenarios: [goodScenario, takenBackScenario, unnoticedScenario],
    },
  ],
};
