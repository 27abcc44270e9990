/** Counts what users meet from the release on: requests and failures by the weight of the new version, pods, and how things stood from moment to moment. */
import type { Passed } from '../../simulation/traffic/traffic-model.ts';
import { controllerOf, isActive, isReady } from '../../simulation/workloads/kube.ts';
import type { PlayedScenario, PodCount, Sample } from '../report.ts';
import type { VersionName } from '../stage.ts';
import { slowSeconds, type World } from './world.ts';

/** Below this share of failures nobody speaks of harm. */
const leastHarm = 0.0005;
const mostSamples = 400;

interface Ratios {
  readonly all: number;
  readonly ofNew: number | undefined;
}

type Figures = Pick<
  PlayedScenario,
  'secondsToSafe' | 'requests' | 'failedRequests' | 'failedAtWeight' | 'mostPods' | 'mostExtraPods' | 'samples'
>;

export class Meter {
  readonly #world: World;
  /** weight in whole percent -> requests */
  readonly #byWeight = new Map<number, { requests: number; failed: number }>();
  readonly #samples: Sample[] = [];
  #requests = 0;
  #failed = 0;
  /** Requests that nobody answered at all. */
  lost = 0;
  #metAt: number | undefined;
  #harmedUntil = 0;
  #mostPods = 0;
  #mostExtra = 0;
  #isMeasuring = false;

  constructor(world: World) {
    this.#world = world;
    const { traffic, cluster } = world.simulation;
    traffic.onPassed((passed) => this.#passed(passed));
    traffic.onFlow(() => this.look());
    cluster.server.storage.onChange('argoproj.io/rollouts', () => this.look());
    cluster.server.storage.onChange('/pods', () => this.#countPods());
  }

  /** From now on it counts. */
  begin(): void {
    this.#world.simulation.traffic.count();
    this.#isMeasuring = true;
    this.look();
  }

  /** Users are harmed in the stretch that has just passed. */
  get isHarming(): boolean {
    return this.#metAt !== undefined && this.#harmedUntil >= this.#world.now() - 0.001;
  }

  /** Ends the last stretch and tells all. */
  figures(): Figures {
    this.#world.simulation.traffic.count();
    this.look();
    return {
      secondsToSafe: this.#secondsToSafe(),
      requests: Math.round(this.#requests),
      failedRequests: Math.round(this.#failed),
      failedAtWeight: [...this.#byWeight]
        .sort(([a], [b]) => a - b)
        .map(([weight, { requests, failed }]) => ({ weight, requests: Math.round(requests), failed: Math.round(failed) }))
        .filter(({ failed }) => failed > 0),
      mostPods: this.#mostPods,
      mostExtraPods: this.#mostExtra,
      samples: thinned(this.#samples),
    };
  }

  /** Notes how things stand, where that has changed. */
  look(): void {
    if (!this.#isMeasuring) return;
    const world = this.#world;
    const { status } = world.rollout ?? {};
    const weight = world.weightOf('new');
    const ratios = this.#ratios();
    const next: Sample = {
      atSeconds: rounded(world.now(), 1000),
      weight: rounded(weight, 10),
      pods: this.#countPods(),
      requestsPerSecond: rounded(this.#rate(), 10),
      successRatio: rounded(ratios.all, 10_000),
      newSuccessRatio: ratios.ofNew === undefined ? undefined : rounded(ratios.ofNew, 10_000),
      // Until the new version is seen, the index is that of the release before.
      step: world.stage.steps === 0 || !world.isSeen ? undefined : status?.currentStepIndex,
      phase: status?.phase ?? 'Gone',
    };
    const last = this.#samples.at(-1);
    if (last !== undefined && last.atSeconds === next.atSeconds) this.#samples.pop();
    const before = this.#samples.at(-1);
    if (before === undefined || !isSame(before, next)) this.#samples.push(next);
    world.reached(next.step, weight);
  }

  #secondsToSafe(): number | undefined {
    if (this.#metAt === undefined) return undefined;
    return this.isHarming ? Number.POSITIVE_INFINITY : rounded(this.#harmedUntil - this.#metAt, 10);
  }

  #passed({ seconds, answered, unserved, refused }: Passed): void {
    if (!this.#isMeasuring) return;
    const until = this.#world.now();
    let [rate, failed, slow] = [0, 0, 0];
    for (const one of answered.values()) {
      rate += one.rate;
      failed += one.rate * one.errorRatio;
      if (one.medianSeconds > slowSeconds) slow += one.rate;
    }
    for (const lost of [...unserved.values(), ...refused.values()]) {
      rate += lost;
      failed += lost;
      this.lost += lost * seconds;
    }
    const weight = Math.round(this.#world.weightOf('new'));
    const tally = this.#byWeight.get(weight) ?? { requests: 0, failed: 0 };
    tally.requests += rate * seconds;
    tally.failed += failed * seconds;
    this.#byWeight.set(weight, tally);
    this.#requests += rate * seconds;
    this.#failed += failed * seconds;
    if (rate === 0 || (failed / rate < leastHarm && slow === 0)) return;
    this.#metAt ??= Math.max(0, until - seconds);
    this.#harmedUntil = until;
  }

  #rate(): number {
    const { served, unserved, refused } = this.#world.simulation.traffic.flows;
    let rate = 0;
    for (const { users } of served.values()) rate += users;
    for (const lost of [...unserved.values(), ...refused.values()]) rate += lost;
    return rate;
  }

  #ratios(): Ratios {
    const { simulation } = this.#world;
    const { served, unserved, refused } = simulation.traffic.flows;
    let [all, good, allOfNew, goodOfNew] = [0, 0, 0, 0];
    for (const [key, { users }] of served) {
      const well = users * (1 - this.#world.errorRatioOf(key));
      all += users;
      good += well;
      if (this.#world.versionOf(key) !== 'new') continue;
      allOfNew += users;
      goodOfNew += well;
    }
    for (const lost of [...unserved.values(), ...refused.values()]) all += lost;
    return { all: all === 0 ? 1 : good / all, ofNew: allOfNew === 0 ? undefined : goodOfNew / allOfNew };
  }

  #countPods(): Sample['pods'] {
    const { simulation, stage } = this.#world;
    const counts: Record<VersionName | 'other', { ready: number; total: number }> = {
      old: { ready: 0, total: 0 },
      new: { ready: 0, total: 0 },
      next: { ready: 0, total: 0 },
      other: { ready: 0, total: 0 },
    };
    for (const pod of simulation.cluster.podIndex.in(stage.namespace)) {
      if (!isActive(pod) || controllerOf(pod)?.kind === 'Job') continue;
      const count = counts[this.#world.versionOf(`${stage.namespace}/${pod.metadata.name}`) ?? 'other'];
      count.total += 1;
      if (isReady(pod)) count.ready += 1;
    }
    const total = counts.old.total + counts.new.total + counts.next.total;
    if (this.#isMeasuring) {
      this.#mostPods = Math.max(this.#mostPods, total);
      this.#mostExtra = Math.max(this.#mostExtra, total - (this.#world.rollout?.spec.replicas ?? stage.replicas));
    }
    return { stable: counts.old, new: counts.new, other: sum(counts.next, counts.other) };
  }
}

function sum(a: PodCount, b: PodCount): PodCount {
  return { ready: a.ready + b.ready, total: a.total + b.total };
}

function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}

function isSame(a: Sample, b: Sample): boolean {
  const { atSeconds: _a, ...one } = a;
  const { atSeconds: _b, ...other } = b;
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Keeps what moves a weight, a step or a phase, and of the others as many as there is room for, evenly. */
function thinned(samples: readonly Sample[]): readonly Sample[] {
  if (samples.length <= mostSamples) return samples;
  const every = Math.ceil(samples.length / (mostSamples / 2));
  return samples
    .filter((sample, index) => {
      const before = samples[index - 1];
      const isTurn =
        before === undefined ||
        before.phase !== sample.phase ||
        before.step !== sample.step ||
        Math.abs(before.weight - sample.weight) >= 1;
      return isTurn || index % every === 0 || index === samples.length - 1;
    })
    .slice(0, mostSamples);
}
