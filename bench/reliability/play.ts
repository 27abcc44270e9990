/** The run itself: the fleet comes up in peace, is updated in bad weather, and an update of it is aborted in bad weather; then the books are read. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../src/simulation/random.ts';
import { userPrefix } from './controllers.ts';
import { carryOut, type FaultName, faultNames, type Stage } from './faults.ts';
import { type Figures, spreadOf } from './figures.ts';
import type { Fleet } from './fleet.ts';
import { breaches } from './laws.ts';
import { readLeaseWrites } from './lease-writes.ts';
import type { ReliabilityOptions } from './options.ts';
import { images, type Shop } from './shops.ts';

export interface Play {
  readonly stage: Stage;
  readonly fleet: Fleet;
  readonly options: ReliabilityOptions;
  readonly random: Random;
  readonly tell: (words: string) => void;
}

interface Wave {
  readonly what: string;
  /** In their order. */
  readonly faults: readonly FaultName[];
  readonly begin: (shop: Shop) => Promise<void>;
  readonly isOver: (shop: Shop) => boolean;
}

interface Waved {
  /** Of each shop. */
  readonly seconds: readonly number[];
  readonly settledSeconds: number;
}

const settlesMs = 600_000;
const longestGapMs = 1500;

export async function play(parts: Play): Promise<Figures> {
  const { stage, fleet, options, random, tell } = parts;
  const { history, controllers, cluster, packets } = stage;
  const faults = new Map<FaultName, number>();
  let packetsDropped = 0;
  const carriedOut = async (fault: FaultName): Promise<void> => {
    tell(fault);
    packetsDropped += await carryOut(fault, stage);
    faults.set(fault, (faults.get(fault) ?? 0) + 1);
  };

  const drawn = drawFaults(stage, options.faults, random);
  tell(`${options.rollouts} Rollouts are created`);
  await fleet.create();
  await settled(parts, (shop) => fleet.isHealthy(shop, images.first));
  const update = await wave(parts, carriedOut, {
    what: 'updated',
    faults: drawn.slice(0, options.faults),
    begin: async (shop) => await fleet.update(shop, images.good, true),
    isOver: (shop) => fleet.isHealthy(shop, images.good),
  });
  const abort = await wave(parts, carriedOut, {
    what: 'updated and aborted',
    faults: drawn.slice(options.faults, 2 * options.faults),
    begin: async (shop) => {
      await fleet.update(shop, images.bad, false);
      await delay(random.integer(0, 6000));
      await fleet.abort(shop);
    },
    isOver: (shop) => fleet.isAborted(shop, images.good),
  });
  await controllers.stop();
  const { writes, withoutLease } = await readLeaseWrites(cluster.auditLog ?? '', userPrefix);
  const broken = fleet.shops.flatMap((shop) =>
    breaches(shop, history.of(shop.namespace)).map((breach) => `${shop.namespace} (${shop.strategy}): ${breach}`),
  );
  return {
    seed: options.seed,
    rollouts: options.rollouts,
    faults: Object.fromEntries(faults),
    packets: typeof packets === 'string' ? packets : packets.how,
    packetsDropped,
    controllersStarted: controllers.started,
    leaders: history.leaders,
    versions: fleet.shops.reduce((sum, { namespace }) => sum + history.of(namespace).length, 0),
    writes,
    writesWithoutLease: withoutLease.length,
    updates: spreadOf(update.seconds),
    aborts: spreadOf(abort.seconds),
    settled: { update: update.settledSeconds, abort: abort.settledSeconds },
    breaches: [...broken, ...withoutLease],
  };
}

/** The shops begin one after the other while the faults go on, and each is timed. */
async function wave(
  { stage, fleet, random, tell }: Play,
  carryOutOne: (fault: FaultName) => Promise<void>,
  { what, faults, begin, isOver }: Wave,
): Promise<Waved> {
  tell(`all are ${what}`);
  let isDone = false;
  const weather = (async () => {
    for (const fault of faults) {
      await delay(random.integer(200, longestGapMs));
      await carryOutOne(fault);
    }
    isDone = true;
  })();
  const seconds: number[] = [];
  const spanMs = faults.length * 3000;
  const lives = fleet.shops.map(async (shop) => {
    await delay(random.integer(0, spanMs));
    const startedMs = performance.now();
    await begin(shop);
    await stage.history.until(
      () => fleet.picture(shop),
      () => isOver(shop),
      settlesMs,
    );
    seconds.push((performance.now() - startedMs) / 1000);
  });
  await weather;
  const lastFaultMs = performance.now();
  await Promise.all(lives);
  // What was at rest in between may have been shaken since.
  await settled({ stage, fleet }, isOver);
  if (!isDone) throw new Error('the faults did not end');
  return { seconds, settledSeconds: (performance.now() - lastFaultMs) / 1000 };
}

async function settled({ stage, fleet }: Pick<Play, 'stage' | 'fleet'>, isOver: (shop: Shop) => boolean): Promise<void> {
  const waiting = (): readonly Shop[] => fleet.shops.filter((shop) => !isOver(shop));
  await stage.history.until(
    () =>
      waiting()
        .slice(0, 5)
        .map((shop) => fleet.picture(shop))
        .join('\n'),
    () => waiting().length === 0,
    settlesMs,
  );
}

/** For two acts: each kind that can be had as often as any other, in an order of chance. */
function drawFaults({ packets }: Stage, perAct: number, random: Random): readonly FaultName[] {
  const possible = faultNames.filter((fault) => fault !== 'packets are dropped' || typeof packets !== 'string');
  const drawn: FaultName[] = [];
  while (drawn.length < 2 * perAct) drawn.push(...shuffled(possible, random));
  return drawn;
}

function shuffled<T>(all: readonly T[], random: Random): readonly T[] {
  return all
    .map((one) => ({ one, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ one }) => one);
}
