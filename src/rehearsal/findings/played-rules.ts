/** Rules that only playing can answer: what became of bad versions, of good ones, and of the pods that had to carry a rollback. */
import type { PlayedScenario, Sample } from '../report.ts';
import { crashedAtOnce, failedAtMost, scenarioNames } from './played.ts';
import { percent, type Rule } from './rule.ts';
import { rolloutField, type Subject } from './subject.ts';

export const badVersionKept: Rule = (subject) => {
  const kept = playedBut(subject, crashedAtOnce(subject)).filter(({ endsWell, ending }) => !endsWell && ending === 'completed');
  const [slow, other] = [kept.filter(isAboutTime), kept.filter((one) => !isAboutTime(one))];
  return [
    ...toldKept(subject, slow, "Measure response times as well, such as histogram_quantile(0.95, ...) of the new version's pods."),
    ...toldKept(
      subject,
      other,
      'Measure what goes wrong there on the new version alone, before its weight rises and for as long as it does.',
    ),
  ];
};

/** Told of by a rule of its own. */
function playedBut({ played }: Subject, others: readonly PlayedScenario[]): readonly PlayedScenario[] {
  return played.filter((one) => !others.includes(one));
}

function isAboutTime({ name }: PlayedScenario): boolean {
  return /^(?:slow|latency|late)(?:[-=]|$)/.test(name) && !/error/.test(name);
}

function toldKept(subject: Subject, kept: readonly PlayedScenario[], change: string): ReturnType<Rule> {
  if (kept.length === 0) return [];
  return [
    {
      level: 'risk',
      where: rolloutField(subject, 'spec.strategy'),
      says: `A bad version became stable when it was played (${scenarioNames(kept)}): nothing noticed it.${failedAtMost(kept)}`,
      change,
    },
  ];
}

export const usersLeftInIt: Rule = (subject) => {
  const left = playedBut(subject, crashedAtOnce(subject)).filter(
    ({ endsWell, ending }) => !endsWell && (ending === 'stuck' || ending === 'waiting'),
  );
  const [unasked, other] = [left.filter(isAboutMetrics), left.filter((one) => !isAboutMetrics(one))];
  return [
    ...toldLeft(
      subject,
      unasked,
      'Let missing data fail or be an error, which both take the version back; what is inconclusive waits for a person, and users with it.',
    ),
    ...toldLeft(
      subject,
      other,
      'progressDeadlineAbort: true takes back what does not start; an analysis beside the steps takes back what fails while they wait.',
    ),
  ];
};

function isAboutMetrics({ name }: PlayedScenario): boolean {
  return /^prometheus-/.test(name);
}

function toldLeft(subject: Subject, left: readonly PlayedScenario[], change: string): ReturnType<Rule> {
  if (left.length === 0) return [];
  return [
    {
      level: left.some(({ failedRequests }) => failedRequests > 0) ? 'risk' : 'advice',
      where: rolloutField(subject, 'spec.strategy'),
      says: `A bad version stayed where it was, neither promoted nor taken back (${scenarioNames(left)}): it waits for a person.${failedAtMost(left)}`,
      change,
    },
  ];
}

export const goodVersionTakenBack: Rule = (subject) => {
  const taken = subject.played.filter(({ endsWell, ending }) => !endsWell && ending === 'aborted');
  if (taken.length === 0) return [];
  return [
    {
      level: 'advice',
      where: rolloutField(subject, 'spec.strategy'),
      says: `A good version was taken back when it was played (${scenarioNames(taken)}): ${taken[0]?.why ?? ''}`,
      change:
        'Raise failureLimit or consecutiveErrorLimit above what passes by itself, or say in the conditions what missing data means.',
    },
  ];
};

/** Nothing was done to the world, and requests failed all the same. */
export const releaseLosesRequests: Rule = (subject) => {
  const lossy = subject.played.filter(
    ({ marks, endsWell, ending, failedRequests }) =>
      marks.length === 0 && endsWell && ending === 'completed' && failedRequests >= 1,
  );
  if (lossy.length === 0) return [];
  return [
    {
      level: 'risk',
      where: rolloutField(subject, 'spec.strategy'),
      says: `Requests fail though nothing is wrong with the new version (${scenarioNames(lossy)}).${failedAtMost(lossy)}`,
      change:
        'Keep enough pods ready at every moment (maxUnavailable: 0, readiness probes) and old ones long enough (scaleDownDelaySeconds).',
    },
  ];
};

/** So many times its usual load is more than a pod can be expected to have in hand. */
const muchLoad = 1.5;

export const rollbackOverloadsStable: Rule = (subject) => {
  const worst = subject.played
    .map((scenario) => ({ scenario, load: loadOfStable(scenario) }))
    .toSorted((a, b) => b.load - a.load)[0];
  if (worst === undefined || worst.load < muchLoad || !Number.isFinite(worst.load)) return [];
  return [
    {
      level: 'risk',
      where: rolloutField(subject, 'spec.strategy'),
      says: `While the release was taken back (${worst.scenario.name}), the stable version's pods had to carry ${percent(worst.load * 100)} of their usual load.`,
      change:
        'Keep stable whole until the new version has everything (no dynamicStableScale, maxUnavailable: 0), or take smaller steps.',
    },
  ];
};

/** The highest load of a ready pod of stable behind the highest weight, as a multiple of what it was before the release. */
function loadOfStable({ samples, ending }: PlayedScenario): number {
  const [first] = samples;
  if (ending !== 'aborted' || first === undefined) return 0;
  const usual = loadOf(first);
  if (usual === 0) return 0;
  const top = samples.reduce((best, { weight }, index) => (weight > (samples[best]?.weight ?? 0) ? index : best), 0);
  const after = samples.slice(top + 1).filter((sample) => sample.pods.stable.ready > 0);
  return Math.max(
    0,
    ...after.map((sample) => (loadOf(sample) / Math.max(sample.requestsPerSecond, 1e-9)) * (first.requestsPerSecond / usual)),
  );
}

function loadOf({ requestsPerSecond, weight, pods }: Sample): number {
  return pods.stable.ready === 0 ? 0 : (requestsPerSecond * (1 - weight / 100)) / pods.stable.ready;
}
