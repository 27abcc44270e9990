/** The runs of the bench, each against a fresh set of Rollouts of one namespace, as figures. */
import type { KubeObject } from '../src/api/kubernetes.ts';
import { analysisRuns, analysisTemplates, rollouts as rolloutResource } from '../src/api/resources.ts';
import type { Rollout } from '../src/api/rollout.ts';
import type { KubernetesClient } from '../src/runtime/client/kubernetes-client.ts';
import type { Resource } from '../src/runtime/cluster.ts';
import { type AuditReader, eventWrites, type Requests, writes } from './audit.ts';
import { type Fleet, isHealthy } from './fleet.ts';
import { type AbortedExample, measureFloor } from './floor.ts';
import { analysedRollout, fleetRollout, successRate } from './objects.ts';
import { percentile } from './percentile.ts';
import { usageOf } from './process-meter.ts';
import type { Figure } from './report.ts';
import type { SuccessServer } from './success-server.ts';

export interface Bench {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly fleet: Fleet;
  readonly audit: AuditReader;
  readonly controllerPid: number;
  /** Settles when the controller has no event left to write. */
  readonly eventsWritten: () => Promise<void>;
  readonly success: SuccessServer;
  readonly tell: (words: string) => void;
}

const atOnce = 20;
const patient = 20 * 60_000;

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }),
  );
}

async function create<T extends KubeObject>({ client }: Bench, resource: Resource<T>, object: KubeObject): Promise<void> {
  const { outcome } = await client.create(resource, object as T);
  if (outcome !== 'done') throw new Error(`${resource.kind} ${object.metadata.name} could not be created: ${outcome}`);
}

/** Resolves with performance.now() just before the request was sent. */
async function setImage({ client, namespace }: Bench, name: string, image: string): Promise<number> {
  const body = [{ op: 'replace' as const, path: '/spec/template/spec/containers/0/image', value: image }];
  const sentMs = performance.now();
  await client.patch(rolloutResource, { namespace, name }, { type: 'json', body });
  return sentMs;
}

function perRollout(requests: Requests, count: number): string {
  return [...requests].map(([what, number]) => `${(number / count).toFixed(2)} ${what}`).join(', ');
}

/** Pods that go on going after the last Rollout is healthy cost writes too: they belong to what was done, not to the rest after it. */
async function settled(bench: Bench): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  await bench.eventsWritten();
}

/** N Rollouts created, then all updated at once. */
export async function measureFleet(bench: Bench, count: number): Promise<readonly Figure[]> {
  const { fleet, audit, namespace, tell } = bench;
  const fleetNames = names('fleet', count);
  tell(`creating ${count} Rollouts`);
  await audit.next();
  await inParallel(fleetNames, (name) => create(bench, rolloutResource, fleetRollout(namespace, name, { duration: '5s' })));
  await fleet.all(fleetNames, isHealthy, patient);
  await settled(bench);
  const created = await audit.next();
  tell(`requests per Rollout created: ${perRollout(created, count)}`);
  tell(`updating ${count} Rollouts at once`);
  const before = await usageOf(bench.controllerPid);
  const startedMs = performance.now();
  await inParallel(fleetNames, (name) => setImage(bench, name, 'shop:v2'));
  await fleet.all(
    fleetNames,
    (rollout) => isHealthy(rollout) && rollout.status?.stableRS === rollout.status?.currentPodHash,
    patient,
  );
  const seconds = (performance.now() - startedMs) / 1000;
  const after = await usageOf(bench.controllerPid);
  await settled(bench);
  const updated = await audit.next();
  tell(`requests per update: ${perRollout(updated, count)}`);
  tell('waiting ten seconds at rest');
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const atRest = writes(await audit.next());
  const isThousand = count === 1000;
  return [
    { name: 'API writes per Rollout created', value: writes(created) / count, unit: '', budget: 5, incumbent: 7 },
    { name: 'API writes per canary update', value: writes(updated) / count, unit: '', budget: 11, incumbent: 17 },
    { name: 'events per create', value: eventWrites(created) / count, unit: '', budget: undefined, incumbent: 5.7 },
    { name: 'events per update', value: eventWrites(updated) / count, unit: '', budget: undefined, incumbent: 10 },
    {
      name: `controller CPU for ${count} updates`,
      value: after.cpuSeconds - before.cpuSeconds,
      unit: 's',
      budget: (14 * count) / 1000,
      incumbent: (28 * count) / 1000,
    },
    { name: `time for ${count} updates`, value: seconds, unit: 's', budget: undefined },
    {
      name: `peak RSS with ${count} Rollouts`,
      value: after.peakMegabytes,
      unit: 'MB',
      budget: 150,
      ...(isThousand && { incumbent: 193 }),
    },
    { name: 'writes in ten seconds at rest', value: atRest, unit: '', budget: 0 },
  ];
}

/** One spec change and one promotion after the other, each until its answer is in status. */
export async function measureCommands(bench: Bench, count: number): Promise<readonly Figure[]> {
  const { client, fleet, namespace, tell } = bench;
  const name = 'commanded';
  await create(bench, rolloutResource, fleetRollout(namespace, name, {}));
  await fleet.all([name], isHealthy, patient);
  tell(`${count} spec changes and promotions, one by one`);
  const observed: number[] = [];
  const promoted: number[] = [];
  const took = async (sentMs: number, condition: (rollout: Rollout) => boolean) =>
    ((await fleet.all([name], condition, patient)).get(name) ?? Number.NaN) - sentMs;
  for (let change = 1; change <= count; change++) {
    const stable = fleet.rollouts.store.get(namespace, name)?.status?.stableRS;
    const sentMs = await setImage(bench, name, `shop:c${change}`);
    observed.push(
      await took(
        sentMs,
        ({ metadata, status }) => status?.observedGeneration === String(metadata.generation) && status.currentPodHash !== stable,
      ),
    );
    await fleet.all([name], ({ status }) => (status?.pauseConditions ?? []).length > 0, patient);
    const promotedMs = performance.now();
    const body = { status: { pauseConditions: null, currentStepIndex: 2 } };
    await client.patch(rolloutResource, { namespace, name }, { type: 'merge', body }, { subresource: 'status' });
    promoted.push(
      await took(promotedMs, ({ status }) => (status?.pauseConditions ?? []).length === 0 && status?.controllerPause !== true),
    );
    await fleet.all([name], isHealthy, patient);
  }
  return [
    { name: 'spec change -> observed in status, p99', value: percentile(observed, 0.99), unit: 'ms', budget: 300 },
    { name: 'promote -> observed in status, p99', value: percentile(promoted, 0.99), unit: 'ms', budget: 300 },
  ];
}

/** All analyses turn bad at once: how long from each one's bad answer to its abort, and to no pods asked for. */
export async function measureAborts(bench: Bench, count: number): Promise<readonly Figure[]> {
  const { fleet, namespace, success, tell } = bench;
  const analysed = names('analysed', count);
  tell(`${count} Rollouts whose metrics turn bad at once`);
  await Promise.all(
    analysed.map((name) => create(bench, analysisTemplates, successRate(namespace, name, `${success.url}/${name}`))),
  );
  await inParallel(analysed, (name) => create(bench, rolloutResource, analysedRollout(namespace, name)));
  await fleet.all(analysed, isHealthy, patient);
  await inParallel(analysed, (name) => setImage(bench, name, 'shop:v2'));
  await fleet.all(
    analysed,
    ({ status }) => status?.phase === 'Paused' && status.canary?.currentBackgroundAnalysisRunStatus?.status === 'Running',
    patient,
  );
  // A fleet at rest is what turns bad in the world; what is left of the updates would be counted as the cost of aborts.
  await settled(bench);
  const before = await exampleOf(bench, analysed[0] ?? '');
  const hashes = new Map(analysed.map((name) => [fleet.rollouts.store.get(namespace, name)?.status?.currentPodHash ?? '', name]));
  const aborts = fleet.all(analysed, ({ status }) => status?.abortedAt !== undefined && status.phase === 'Degraded', patient);
  const scaledDown = fleet.allScaledToZero(hashes, patient);
  success.turnBad();
  const latency = async (moments: Promise<ReadonlyMap<string, number>>) =>
    [...(await moments)].map(([name, ms]) => ms - (success.firstBadAnswer.get(name) ?? Number.NaN));
  const aborted = await latency(aborts);
  const gone = await latency(scaledDown);
  await settled(bench);
  const after = await exampleOf(bench, analysed[0] ?? '');
  tell(`the same ${count} aborts without a controller`);
  const firstMs = Math.min(...success.firstBadAnswer.values());
  const moments = [...success.firstBadAnswer.values()].map((ms, index) => [`floor-${index}`, ms - firstMs] as const);
  const floor = await measureFloor(bench, new Map(moments), { before, after });
  const [abortBudget, goneBudget] = count <= 50 ? [250, 600] : [600, 1500];
  return [
    {
      name: `bad answer -> abort in status, ${count} at once, p99`,
      value: percentile(aborted, 0.99),
      unit: 'ms',
      budget: abortBudget,
      incumbent: count <= 50 ? 748 : 2360,
      floor: percentile(floor.aborted, 0.99),
    },
    {
      name: `bad answer -> 0 pods asked for, ${count} at once, p99`,
      value: percentile(gone, 0.99),
      unit: 'ms',
      budget: goneBudget,
      incumbent: count <= 50 ? 2668 : 7778,
      floor: percentile(floor.scaledToZero, 0.99),
    },
  ];
}

async function exampleOf({ client, namespace, fleet }: Bench, name: string): Promise<AbortedExample['before']> {
  const rollout = fleet.rollouts.store.get(namespace, name);
  const { items } = await client.list(analysisRuns, { namespace });
  const isOwn = ({ metadata }: KubeObject) => metadata.ownerReferences?.some(({ uid }) => uid === rollout?.metadata.uid) === true;
  const run = items.find(isOwn);
  if (rollout === undefined || run === undefined) throw new Error(`there is no Rollout ${name} with an AnalysisRun`);
  return { rollout, run, replicaSets: fleet.replicaSets.store.list().filter(isOwn) };
}
