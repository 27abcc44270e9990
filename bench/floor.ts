/**
 * What aborts cost this machine whoever decides on them: the requests that a Rollout's abort cannot do without, sent by the bench itself
 * for objects that no controller serves. A figure of the controller says something only beside it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnalysisRun } from '../src/api/analysis-run.ts';
import type { KubeObject, ReplicaSet } from '../src/api/kubernetes.ts';
import { labels } from '../src/api/names.ts';
import { analysisRuns, replicaSets, rollouts } from '../src/api/resources.ts';
import type { Rollout } from '../src/api/rollout.ts';
import { mergeDiff } from '../src/controllers/merge-diff.ts';
import type { Resource } from '../src/runtime/cluster.ts';
import type { Bench } from './measure.ts';

/** One Rollout in the middle of its update, and what its abort made of it. */
export interface AbortedExample {
  readonly before: { readonly rollout: Rollout; readonly run: AnalysisRun; readonly replicaSets: readonly ReplicaSet[] };
  readonly after: { readonly rollout: Rollout; readonly run: AnalysisRun };
}

/** Milliseconds from the bad answer, of each abort. */
export interface FloorLatencies {
  readonly aborted: readonly number[];
  readonly scaledToZero: readonly number[];
}

/** No controller that runs here has this instance id. */
const nobodys = { 'argo-rollouts.argoproj.io/controller-instance-id': 'bench-floor' };
const patient = 20 * 60_000;

interface Stand {
  readonly name: string;
  readonly stable: string;
  readonly canary: string;
}

/**
 * A copy of the example for each name, aborted at its moment (milliseconds from the first one's on). Pods move when no abort is under
 * way: they would make those that come behind wait.
 */
export async function measureFloor(
  bench: Bench,
  moments: ReadonlyMap<string, number>,
  example: AbortedExample,
): Promise<FloorLatencies> {
  const stands = await Promise.all([...moments.keys()].map((name) => setUp(bench, name, example)));
  const underWay = new Set<Stand>();
  let waiting: (() => void)[] = [];
  const took = stands.map(async (stand) => {
    await sleep(moments.get(stand.name) ?? 0);
    const startedMs = performance.now();
    underWay.add(stand);
    await store(bench, stand, example);
    const abortedMs = performance.now() - startedMs;
    underWay.delete(stand);
    if (underWay.size > 0) await new Promise<void>((resolve) => waiting.push(resolve));
    for (const go of waiting) go();
    waiting = [];
    await movePods(bench, stand);
    return { abortedMs, zeroMs: performance.now() - startedMs };
  });
  const all = await Promise.all(took);
  return { aborted: all.map(({ abortedMs }) => abortedMs), scaledToZero: all.map(({ zeroMs }) => zeroMs) };
}

async function setUp(bench: Bench, name: string, { before }: AbortedExample): Promise<Stand> {
  const { client, namespace } = bench;
  const rollout = await made(bench, rollouts, { ...bare(before.rollout, namespace, name), spec: before.rollout.spec });
  await client.patch(
    rollouts,
    { namespace, name },
    { type: 'merge', body: { status: before.rollout.status } },
    { subresource: 'status' },
  );
  await made(bench, analysisRuns, { ...bare(before.run, namespace, name), spec: before.run.spec, status: before.run.status });
  const sets = before.replicaSets.map(async (one) => {
    const hash = one.metadata.labels?.[labels.podTemplateHash] ?? '';
    const { selector, template } = one.spec;
    const own = { app: name };
    const set = {
      ...bare(one, namespace, `${name}-${hash}`),
      spec: {
        replicas: 1,
        selector: { matchLabels: { ...selector?.matchLabels, ...own } },
        template: { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...own } } },
      },
    };
    await made(bench, replicaSets, set as ReplicaSet);
    return { hash, name: set.metadata.name };
  });
  const hashes = await Promise.all(sets);
  const nameOf = (hash: string | undefined) => hashes.find((one) => one.hash === hash)?.name ?? '';
  const { stableRS, currentPodHash } = before.rollout.status ?? {};
  const stand = { name: rollout.metadata.name, stable: nameOf(stableRS), canary: nameOf(currentPodHash) };
  await Promise.all([stand.stable, stand.canary].map((set) => bench.fleet.available(set, 1, patient)));
  return stand;
}

function bare(
  { metadata: { labels } }: KubeObject,
  namespace: string,
  name: string,
): { readonly metadata: KubeObject['metadata'] } {
  return { metadata: { namespace, name, labels: { ...labels, ...nobodys } } };
}

async function made<T extends KubeObject>({ client }: Bench, resource: Resource<T>, object: T): Promise<T> {
  const result = await client.create(resource, object);
  if (result.outcome !== 'done')
    throw new Error(`${resource.kind} ${object.metadata.name} could not be created: ${result.outcome}`);
  return result.object;
}

/** The verdict, then the abort. */
async function store({ client, namespace }: Bench, { name }: Stand, { before, after }: AbortedExample): Promise<void> {
  const difference = (one: 'run' | 'rollout') => mergeDiff(before[one].status ?? {}, after[one].status ?? {});
  await client.patch(analysisRuns, { namespace, name }, { type: 'merge', body: { status: difference('run') } });
  const body = { status: difference('rollout') };
  await client.patch(rollouts, { namespace, name }, { type: 'merge', body }, { subresource: 'status' });
}

/** One pod more for stable, and when it is there the canary's last one goes: `maxUnavailable` is 0. */
async function movePods({ client, namespace, fleet }: Bench, { stable, canary }: Stand): Promise<void> {
  const scale = (set: string, replicas: number) =>
    client.patch(replicaSets, { namespace, name: set }, { type: 'merge', body: { spec: { replicas } } });
  await scale(stable, 2);
  await fleet.available(stable, 2, patient);
  await scale(canary, 0);
}
