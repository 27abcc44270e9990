/** The play itself: version 1 is there, version 2 is good and gets promoted, version 3 is bad and is taken back; then the bill. */
import { type Clock, sleep, type Timer } from '../src/runtime/clock.ts';
import { type Bill, makeBill } from './bill.ts';
import { Observer, type PodCount } from './observer.ts';
import type { Revision, Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import type { Outcome, Traffic } from './shop/traffic.ts';
import type { Stage } from './stage.ts';
import { VersionTally } from './tally.ts';

export interface PlayOptions {
  readonly requestsPerSecond: number;
  readonly screen: Screen;
  /** Milliseconds since the epoch. */
  readonly beganMs: number;
  /** The play breaks off when it aborts. */
  readonly signal: AbortSignal;
}

const drawEveryMs = 100;
const badVersion = 'v3';

/** Settles when the play is over, well or badly. Rejects only where not even a bill can be made. */
export async function play(stage: Stage, { requestsPerSecond, screen, beganMs, signal }: PlayOptions): Promise<Bill> {
  const { world, namespace, withinMs } = stage;
  const { clock } = world;
  const observer = new Observer({ world, namespace, beganMs, signal });
  observer.onHappening = (happening) => screen.happened(happening);
  const tally = new VersionTally();
  let title = 'version 1 opens the shop';
  let traffic: Traffic | undefined;
  const scene = () => sceneOf(observer, tally, title, { nowMs: clock.now(), beganMs });
  const drawing = repeated(clock, drawEveryMs, () => screen.draw(scene()));
  const describe = () => `${observer.rollout?.status?.phase}: ${observer.rollout?.status?.message}`;
  const marks = { goodVersionPromoted: false, badVersionTakenBack: false, weightZeroMs: 0, lastBadPodGoneMs: 0 };
  try {
    await observer.ready();
    await observer.until(() => isHealthy(observer, 'v1'), withinMs.open, describe);
    await untilServing(stage, signal);
    traffic = world.startTraffic({ requestsPerSecond, onResponse: (outcome) => tally.count(outcome) });
    await observer.until(
      () => tally.answered('v1') >= requestsPerSecond,
      withinMs.open,
      () => 'no answers through the gateway',
    );

    title = 'version 2, a good one';
    screen.say('version 2 goes out: it is a good one');
    await observer.changeShop(namespace, stage.release('v2'));
    await observer.until(
      () => isHealthy(observer, 'v2') && (observer.podsByVersion().get('v1')?.pods ?? 0) === 0,
      withinMs.promoted,
      describe,
    );
    marks.goodVersionPromoted = true;

    title = 'version 3, a bad one: one request in five fails';
    screen.say('version 3 goes out: it fails one request in five');
    await observer.changeShop(namespace, stage.release(badVersion));
    await observer.until(() => observer.canaryWeight > 0, withinMs.takenBack, describe);
    marks.weightZeroMs = await observer.until(
      () => observer.firstFailedMeasurementMs !== undefined && observer.canaryWeight === 0,
      withinMs.takenBack,
      describe,
    );
    marks.lastBadPodGoneMs = await observer.until(
      () => (observer.podsByVersion().get(badVersion)?.pods ?? 0) === 0,
      withinMs.takenBack,
      describe,
    );
    marks.badVersionTakenBack =
      observer.rollout?.status?.abort === true && observer.versionOf(observer.rollout.status.stableRS) === 'v2';
  } catch (error) {
    screen.say(`this went wrong: ${(error as Error).message}`);
  }
  await traffic?.stop();
  drawing.cancel();
  screen.draw(scene());
  screen.end();
  await observer.stop();
  return makeBill({
    sent: traffic?.counters.sent ?? 0,
    failures: tally.failures,
    weights: observer.weights,
    badVersion,
    goodVersionPromoted: marks.goodVersionPromoted,
    badVersionTakenBack: marks.badVersionTakenBack,
    firstFailedMeasurementMs: observer.firstFailedMeasurementMs,
    weightZeroMs: marks.weightZeroMs || undefined,
    lastBadPodGoneMs: marks.lastBadPodGoneMs || undefined,
    apiRequests: await stage.apiRequests(),
  });
}

/** The gateway learns of routes and endpoints by watches of its own: the shop is open when it has answered for a while. */
async function untilServing({ world, withinMs }: Stage, signal: AbortSignal): Promise<void> {
  let last = 'no answer yet';
  const onResponse = ({ status, error }: Outcome): void => {
    last = error ?? `HTTP ${status}`;
  };
  const { clock, address } = world;
  const probe = world.startTraffic({ requestsPerSecond: 50, onResponse });
  const deadline = clock.now() + withinMs.open;
  for (let seen = 0; ; seen = probe.counters.answered) {
    const failed = probe.counters.failed + probe.counters.errors;
    await sleep(clock, 500);
    const isServing = probe.counters.answered > seen && probe.counters.failed + probe.counters.errors === failed;
    if (!isServing && clock.now() < deadline && !signal.aborted) continue;
    await probe.stop();
    signal.throwIfAborted();
    if (!isServing) throw new Error(`the gateway at ${address} does not serve the shop: ${last}`);
    return;
  }
}

/** Healthy with this version as the stable one, as `kubectl get rollout` would tell. */
function isHealthy(observer: Observer, version: string): boolean {
  const { rollout } = observer;
  const { status } = rollout ?? {};
  const isObserved = status?.observedGeneration === String(rollout?.metadata.generation);
  return isObserved && status?.phase === 'Healthy' && observer.versionOf(status.stableRS) === version;
}

/** Until it is cancelled. */
function repeated(clock: Clock, everyMs: number, what: () => void): Timer {
  let timer: Timer;
  const again = (): void => {
    timer = clock.setTimer(everyMs, () => {
      what();
      again();
    });
  };
  again();
  return { cancel: () => timer.cancel() };
}

interface Moment {
  /** Milliseconds since the epoch, both. */
  readonly nowMs: number;
  readonly beganMs: number;
}

function sceneOf(observer: Observer, tally: VersionTally, title: string, { nowMs, beganMs }: Moment): Scene {
  const { rollout } = observer;
  const status = rollout?.status;
  const pods = observer.podsByVersion();
  const stable = observer.versionOf(status?.stableRS);
  const current = observer.versionOf(status?.currentPodHash);
  const none: PodCount = { pods: 0, ready: 0 };
  const versions = [...new Set([...pods.keys(), ...tally.versions()])].sort();
  return {
    nowMs: nowMs - beganMs,
    title,
    phase: status?.phase ?? 'Unknown',
    message: status?.message ?? '',
    steps: (rollout?.spec.strategy?.canary?.steps ?? []).map(stepWords),
    currentStep: status?.currentStepIndex,
    canaryWeight: observer.canaryWeight,
    revisions: versions.map((version): Revision => {
      const role = version === stable ? 'stable' : version === current ? 'canary' : 'old';
      const { pods: count, ready } = pods.get(version) ?? none;
      return { version, role, pods: count, readyPods: ready, ...tally.of(version, nowMs) };
    }),
    happenings: observer.happenings,
  };
}

type Step = NonNullable<NonNullable<NonNullable<NonNullable<Observer['rollout']>['spec']['strategy']>['canary']>['steps']>[number];

function stepWords(step: Step): string {
  if (step.setWeight !== undefined) return `weight ${step.setWeight}`;
  if (step.pause !== undefined) return `pause ${step.pause.duration ?? ''}`.trim();
  return Object.keys(step)[0] ?? '';
}
