/** The whole rehearsal: every scenario on every stage, each with as many seeds as are asked for, the worst of which is told. */
import { defaultScenarios, namedScenario } from './catalogue.ts';
import { isWorse, playKilled } from './play/killed.ts';
import { type PlayOptions, play } from './play/player.ts';
import type { PlayedScenario, RehearsedRollout } from './report.ts';
import type { Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export interface RehearseOptions {
  /** The default ones of each stage if absent. */
  readonly scenarios?: readonly Scenario[] | undefined;
  readonly seed: number;
  /** How often each is played. */
  readonly seeds: number;
  readonly requestsPerSecond: number;
  readonly assume: (sentence: string) => void;
  /** Told before each scenario. */
  readonly onScenario?: (stage: Stage, scenario: Scenario) => void;
  readonly signal?: AbortSignal;
}

/** Findings are for others to add. */
export async function rehearse(stage: Stage, options: RehearseOptions): Promise<RehearsedRollout> {
  const { seed, requestsPerSecond, assume } = options;
  const good = namedScenario('good') as Scenario;
  const reference = await play({ stage, scenario: good, seed, requestsPerSecond, assume });
  const { namespace, name, strategy } = stage;
  // Whatever else is played, it would say the same.
  if (!reference.isReleased) return { namespace, name, strategy, findings: [], scenarios: [reference.played] };
  const wayInSeconds = reference.played.durationSeconds;
  const scenarios: PlayedScenario[] = [];
  for (const scenario of options.scenarios ?? defaultScenarios(stage)) {
    if (options.signal?.aborted) break;
    options.onScenario?.(stage, scenario);
    const isReference = scenario.name === good.name && options.seeds === 1;
    scenarios.push(
      isReference
        ? reference.played
        : await worstOf({ stage, scenario, seed, requestsPerSecond, assume, wayInSeconds }, options.seeds),
    );
  }
  return { namespace, name, strategy, findings: [], scenarios };
}

async function worstOf(options: PlayOptions, seeds: number): Promise<PlayedScenario> {
  let worst: PlayedScenario | undefined;
  for (let index = 0; index < seeds; index++) {
    const { killedBehindWrites } = options.scenario;
    const seeded = { ...options, seed: options.seed + index };
    const played = killedBehindWrites === undefined ? (await play(seeded)).played : await playKilled(seeded, killedBehindWrites);
    if (worst === undefined || isWorse(played, worst)) worst = played;
  }
  if (worst === undefined) throw new Error('a scenario is played at least once');
  return worst;
}
