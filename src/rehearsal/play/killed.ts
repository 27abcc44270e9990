/** Plays a release once for every write behind which the controller is killed, or for as many as there is time for, evenly spread; and tells the worst. */
import { spread } from '../catalogue.ts';
import type { PlayedScenario } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import { type Play, type PlayOptions, play } from './player.ts';

/** A process needs a moment to come back, and asks at other times: until then a bad version goes on answering. */
const [badAgain, badSeconds] = [1.5, 30];
/** Requests; what a pod that ends may lose at another moment. */
const lostMore = 1;

interface Version {
  readonly what: string;
  readonly newVersion: Scenario['newVersion'];
  readonly expects: Scenario['expects'];
}

const versions: readonly Version[] = [
  { what: 'a good version', newVersion: {}, expects: 'completes' },
  { what: 'a bad version', newVersion: { answers: [{ from: { seconds: 0 }, errorRatio: 0.2 }] }, expects: 'taken-back' },
];

export async function playKilled(options: PlayOptions, most: number): Promise<PlayedScenario> {
  const told: PlayedScenario[] = [];
  const counts: string[] = [];
  for (const { what, newVersion, expects } of versions) {
    const scenario: Scenario = { ...options.scenario, ...(newVersion && { newVersion }), expects };
    const calm = await play({ ...options, scenario });
    const points = spread(calm.writes, most).map((index) => index + 1);
    counts.push(`${points.length} of ${calm.writes} writes of ${what}`);
    for (const point of points) {
      const killed = await play({ ...options, scenario, killsAt: (write) => write === point });
      told.push(compared(killed, calm, `behind write ${point} of ${calm.writes} of ${what}`, options.requestsPerSecond));
    }
  }
  const worst = told.reduce((one, other) => (isWorse(other, one) ? other : one));
  const wrong = told.filter(({ endsWell }) => !endsWell).length;
  const summary = `Killed behind ${counts.join(' and ')}: ${wrong === 0 ? 'each time it ends as without a kill, and nothing more is lost' : `${wrong} of them do not end as without a kill`}.`;
  return {
    ...worst,
    name: options.scenario.name,
    title: options.scenario.title,
    why: `${summary} The worst, ${worst.title}: ${worst.why}`,
  };
}

function compared({ played, lost }: Play, calm: Play, where: string, requestsPerSecond: number): PlayedScenario {
  const isSame = played.ending === calm.played.ending && played.phase === calm.played.phase;
  const mostBad = calm.played.failedRequests * badAgain + requestsPerSecond * badSeconds;
  const isCheap = lost <= calm.lost + lostMore && played.failedRequests - lost <= mostBad;
  const why = isSame
    ? isCheap
      ? played.why
      : `${Math.round(lost - calm.lost)} requests more are lost than without the kill. ${played.why}`
    : `Without the kill it is ${calm.played.ending}. ${played.why}`;
  return { ...played, title: where, why, endsWell: isSame && isCheap && (played.endsWell || !calm.played.endsWell) };
}

/** Not well before well, then by what fails, then by how long it takes. */
export function isWorse(one: PlayedScenario, other: PlayedScenario): boolean {
  if (one.endsWell !== other.endsWell) return !one.endsWell;
  if (one.failedRequests !== other.failedRequests) return one.failedRequests > other.failedRequests;
  return (one.secondsToSafe ?? 0) > (other.secondsToSafe ?? 0);
}
