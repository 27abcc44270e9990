/** Plays one scenario once: the old version is brought up, the new one applied, and time goes on until the release has come to an end or stands still. */
import type { Rollout } from '../../api/rollout.ts';
import type { EventObject } from '../../runtime/event.ts';
import type { Ending, PlayedScenario, ToldEvent } from '../report.ts';
import type { Scenario } from '../scenario.ts';
import type { Stage } from '../stage.ts';
import { act, promote } from './actions.ts';
import { endOf, personalPause } from './course.ts';
import { Meter } from './meter.ts';
import { judge } from './verdict.ts';
import { World } from './world.ts';

export interface PlayOptions {
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** What the good version takes; undefined while that is not known. */
  readonly wayInSeconds?: number | undefined;
  readonly assume: (sentence: string) => void;
  readonly killsAt?: (write: number) => boolean;
}

export interface Play {
  /** False where the old version did not get healthy, so that nothing could be released. */
  readonly isReleased: boolean;
  readonly played: PlayedScenario;
  /** Writes of the controller, events aside. */
  readonly writes: number;
  /** Requests that nobody answered at all. */
  readonly lost: number;
}

const promotesAfterSeconds = 60;
/** An end counts when it has lasted. */
const restMs = 30_000;
const mostEvents = 300;
const unknownWaySeconds = 300;
/** No release is waited for longer. */
const longestMs = 30 * 24 * 3_600_000;

export async function play(options: PlayOptions): Promise<Play> {
  const player = new Player(options);
  return player.play();
}

class Player {
  readonly #options: PlayOptions;
  readonly #world: World;
  readonly #meter: Meter;
  readonly #marks: { readonly atSeconds: number; readonly text: string }[] = [];
  readonly #events: ToldEvent[] = [];
  #oldHash = '';
  #movedAtMs = 0;
  #end: Exclude<Ending, 'stuck'> | undefined;
  #endedAtMs = 0;
  #paused: string | undefined;
  #mostUpdated = 0;
  #seen = '';

  constructor(options: PlayOptions) {
    this.#options = options;
    this.#world = new World({
      ...options,
      wayInSeconds: options.wayInSeconds ?? unknownWaySeconds,
      mark: (text) => this.#mark(text),
    });
    this.#meter = new Meter(this.#world);
  }

  async play(): Promise<Play> {
    const { scenario, seed } = this.#options;
    const world = this.#world;
    const { clock, cluster } = world.simulation;
    const isUp = await world.prepare();
    if (!isUp) return { isReleased: false, played: this.#notUp(), writes: 0, lost: 0 };
    this.#oldHash = world.rollout?.status?.stableRS ?? '';
    cluster.server.storage.onChange('argoproj.io/rollouts', () => this.#changed());
    cluster.server.storage.onChange('/events', ({ object, old }) => this.#told(object as EventObject, old === undefined));
    world.simulation.traffic.onFlow(() => this.#look());
    this.#movedAtMs = clock.monotonic();
    world.release();
    this.#meter.begin();
    for (const { when, action } of scenario.actions ?? [])
      world.at(when, () => {
        const done = act(world, action);
        if (done !== undefined) this.#mark(done);
        this.#movedAtMs = clock.monotonic();
        this.#look();
      });
    this.#look();
    await clock.runUntil(() => this.#isOver(), longestMs);
    const ending = this.#end ?? 'stuck';
    const durationSeconds = Math.round((this.#end === undefined ? this.#movedAtMs : this.#endedAtMs) - world.appliedAtMs) / 1000;
    const figures = this.#meter.figures();
    const { phase, message } = statusOf(world.rollout);
    const verdict = judge({ ending, expects: scenario.expects, figures, phase, message, isHarming: this.#meter.isHarming });
    return {
      isReleased: true,
      played: {
        name: scenario.name,
        title: scenario.title,
        seed,
        ending,
        ...verdict,
        durationSeconds,
        ...figures,
        phase,
        message,
        events: this.#events,
        marks: this.#marks,
      },
      writes: world.writes,
      lost: this.#meter.lost,
    };
  }

  #isOver(): boolean {
    const now = this.#world.simulation.clock.monotonic();
    if (this.#world.due > 0) return false;
    if (this.#end !== undefined) return now - this.#endedAtMs >= restMs;
    return now - this.#movedAtMs >= this.#options.stage.patienceMs;
  }

  #changed(): void {
    const { rollout } = this.#world;
    const { currentStepIndex, canary, stableRS, currentPodHash, abort, updatedReplicas = 0 } = rollout?.status ?? {};
    // Pods that come and go are no progress, though phase and message change with each.
    this.#mostUpdated = Math.max(this.#mostUpdated, updatedReplicas);
    const seen = JSON.stringify([currentStepIndex, canary?.weights, stableRS, currentPodHash, abort, this.#mostUpdated]);
    if (seen !== this.#seen) this.#movedAtMs = this.#world.simulation.clock.monotonic();
    this.#seen = seen;
    this.#promoteLater(rollout);
    this.#look();
  }

  #look(): void {
    const world = this.#world;
    const end = endOf({
      rollout: world.rollout,
      oldHash: this.#oldHash,
      newestHash: world.rollout?.status?.currentPodHash,
      weight: world.weightOf('new') + world.weightOf('next'),
    });
    if (end !== this.#end) this.#endedAtMs = world.simulation.clock.monotonic();
    this.#end = end;
  }

  /** A person comes by after a while at each pause that only a person ends. */
  #promoteLater(rollout: Rollout | undefined): void {
    const after =
      this.#options.scenario.promotesAfterSeconds === undefined
        ? promotesAfterSeconds
        : this.#options.scenario.promotesAfterSeconds;
    const pause = rollout === undefined ? undefined : personalPause(rollout);
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause === undefined || after === null) return;
    this.#options.assume(`A person promotes ${after} s after each pause that has no duration, whatever there is to see.`);
    this.#world.simulation.clock.setTimer(after * 1000, () => {
      if (this.#paused !== pause) return;
      const done = promote(this.#world, false);
      if (done !== undefined) this.#mark(done);
      this.#paused = undefined;
    });
  }

  #told({ type, reason, message, involvedObject }: EventObject, isNew: boolean): void {
    if (!isNew || involvedObject.kind !== 'Rollout' || this.#events.length >= mostEvents) return;
    const atSeconds = Math.round(this.#world.now() * 1000) / 1000;
    this.#events.push({ atSeconds, type: type === 'Warning' ? 'Warning' : 'Normal', reason: reason ?? '', message: message ?? '' });
  }

  #mark(text: string): void {
    this.#marks.push({ atSeconds: Math.round(Math.max(0, this.#world.now()) * 1000) / 1000, text });
  }

  #notUp(): PlayedScenario {
    const { scenario, seed } = this.#options;
    const { phase, message } = statusOf(this.#world.rollout);
    return {
      name: scenario.name,
      title: scenario.title,
      seed,
      ending: 'stuck',
      endsWell: false,
      why: `The old version does not get healthy, so there is nothing to release over: ${phase}: ${message}`,
      durationSeconds: 0,
      secondsToSafe: undefined,
      requests: 0,
      failedRequests: 0,
      failedAtWeight: [],
      mostPods: 0,
      mostExtraPods: 0,
      phase,
      message,
      samples: [],
      events: [],
      marks: [],
    };
  }
}

function statusOf(rollout: Rollout | undefined): { readonly phase: string; readonly message: string } {
  return { phase: rollout?.status?.phase ?? 'Gone', message: rollout?.status?.message ?? '' };
}
