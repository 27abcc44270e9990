/** `npm run demo`: Rampart's main job, with real traffic, on a Kubernetes of its own or on one that is there; in memory where there can be none. */
import { loadKubeConfig } from '../src/runtime/client/kube-config.ts';
import type { PartName } from '../tools/cluster/contract.ts';
import { type ClusterSource, chooseCluster } from '../tools/cluster/external/choice.ts';
import { type ExternalCluster, openExistingCluster } from '../tools/cluster/external/external-cluster.ts';
import { hostAbilities } from '../tools/cluster/external/host-abilities.ts';
import { enterNamespace, insideNamespace } from '../tools/cluster/namespace/enter.ts';
import { ensureParts } from '../tools/cluster/provision/provision.ts';
import { type Bill, billLines } from './bill.ts';
import { Interrupted, interruption } from './interruption.ts';
import { type DemoOptions, parseDemoOptions, usage } from './options.ts';
import { play } from './play.ts';
import { lineScreen, pictureScreen } from './screen.ts';
import type { Stage, StageSetting } from './stage.ts';
import { setEmbeddedStage } from './stages/embedded.ts';
import { setExternalStage } from './stages/external.ts';
import { setK3sStage } from './stages/k3s.ts';
import { setVirtualStage, whileTimePasses } from './virtual/virtual-stage.ts';

const embeddedParts: readonly PartName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'helm',
  'traefik',
  'prometheus',
  'gateway-api-crds',
];

type Choice = { readonly source: ClusterSource } | { readonly source: 'virtual'; readonly reason: string };

/**
 * Embedded: returns only inside its namespace. Where nobody asked for a certain cluster and there can be none, the virtual one with the reason; where
 * somebody did, throws with the one thing to do.
 */
async function prepare(requested: DemoOptions['cluster']): Promise<Choice> {
  const isDecided = requested === 'existing' || insideNamespace();
  const choice = isDecided ? { source: requested ?? 'embedded' } : chooseCluster(requested, await hostAbilities(embeddedParts));
  if (choice.source === 'none') return instead(requested, choice.reason);
  try {
    if (choice.source === 'embedded') await enterNamespace(embeddedParts);
    if (choice.source === 'k3s') await ensureParts(['helm', 'gateway-api-crds']);
  } catch (error) {
    if (insideNamespace()) throw error;
    return instead(requested, reasonOf(error));
  }
  return { source: choice.source };
}

function instead(requested: DemoOptions['cluster'], reason: string): Choice {
  if (requested !== undefined) throw new Error(reason);
  return { source: 'virtual', reason };
}

async function setStage(source: ClusterSource, { existing, image }: DemoOptions, setting: StageSetting): Promise<Stage> {
  if (source === 'k3s') return await setK3sStage(image, setting);
  if (existing === undefined || image === undefined) return await setEmbeddedStage(setting);
  const cluster = await openCurrentCluster();
  await ensureParts(['helm']);
  return await setExternalStage(cluster, { ...existing, image }, setting);
}

async function openCurrentCluster(): Promise<ExternalCluster> {
  try {
    // Says more plainly what is missing.
    loadKubeConfig({ environment: process.env });
    return await openExistingCluster();
  } catch (error) {
    throw new Error(`The cluster of the current kubeconfig cannot be used; KUBECONFIG may name another. ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Of an attempt at several addresses, why the first failed. */
function reasonOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

async function main(options: DemoOptions): Promise<number> {
  if (options.virtual) return await playVirtual(options, interruption());
  const choice = await prepare(options.cluster);
  const signal = interruption();
  if (choice.source === 'virtual') return await playVirtual(options, signal, choice.reason);
  const beganMs = Date.now();
  const screen = options.plain ? lineScreen(sayLine) : pictureScreen(process.stdout);
  let stage: Stage;
  try {
    stage = await setStage(choice.source, options, { tell: (words) => screen.say(words), print, signal });
  } catch (error) {
    // An engine is there, and cannot pull, as often as not; nobody has asked for it.
    if (choice.source !== 'k3s' || options.cluster !== undefined || signal.aborted) throw error;
    return await playVirtual(options, signal, reasonOf(error));
  }
  let isKept = false;
  try {
    const bill = await play(stage, { requestsPerSecond: options.requestsPerSecond, screen, beganMs, signal });
    signal.throwIfAborted();
    printBill(bill, choice.source, options.json);
    if (!bill.passed) process.stderr.write(`\nThe logs of this run are in ${stage.runDir}\n`);
    isKept = options.keep;
    if (isKept) await stage.keep(signal);
    return bill.passed ? 0 : 1;
  } finally {
    if (!isKept) await stage.stop();
  }
}

/** `reason`: why it is not played on a real one; absent where a person wished it so. */
async function playVirtual(options: DemoOptions, signal: AbortSignal, reason?: string): Promise<number> {
  if (reason !== undefined) for (const line of insteadLines(reason)) sayLine(line);
  // Time runs too fast for a picture.
  const screen = lineScreen(sayLine);
  const stage = await setVirtualStage({ tell: (words) => screen.say(words) });
  const { requestsPerSecond } = options;
  const bill = await whileTimePasses(stage, play(stage, { requestsPerSecond, screen, beganMs: stage.clock.now(), signal }));
  signal.throwIfAborted();
  printBill(bill, 'virtual', options.json);
  if (!options.json) print(`\n${virtualWords}\n`);
  if (!bill.passed) return 1;
  return reason === undefined ? 0 : exitVirtual;
}

/** Of a play that went well, but on the virtual cluster where a real one was meant. */
const exitVirtual = 3;

const virtualWords =
  'This was the VIRTUAL cluster: the whole controller, on a Kubernetes, a gateway, traffic and Prometheus in memory.';

function insteadLines(reason: string): readonly string[] {
  const bar = '='.repeat(100);
  return [
    bar,
    'NO REAL KUBERNETES can be had on this machine:',
    `  ${reason}`,
    `What follows is played on the VIRTUAL cluster, in memory; if it goes well, it ends with exit code ${exitVirtual}.`,
    bar,
  ];
}

function printBill(bill: Bill, cluster: Choice['source'], asJson: boolean): void {
  if (asJson) print(`${JSON.stringify({ cluster, ...bill }, undefined, 2)}\n`);
  else print(`\n${billLines(bill).join('\n')}\n`);
}

function print(text: string): void {
  process.stdout.write(text);
}

function sayLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  const options = parseDemoOptions(process.argv.slice(2), process.stdout.isTTY);
  if (options === undefined) process.stdout.write(usage);
  process.exitCode = options === undefined ? 0 : await main(options);
} catch (error) {
  process.stderr.write(`demo: ${reasonOf(error)}\n`);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
}
