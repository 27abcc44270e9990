/** `npm run demo`: Rampart's main job, with real traffic, on a Kubernetes of its own or on one that is there. */
import { loadKubeConfig } from '../src/runtime/client/kube-config.ts';
import type { PartName } from '../tools/cluster/contract.ts';
import { type ClusterSource, chooseCluster } from '../tools/cluster/external/choice.ts';
import { type ExternalCluster, openExistingCluster } from '../tools/cluster/external/external-cluster.ts';
import { hostAbilities } from '../tools/cluster/external/host-abilities.ts';
import { enterNamespace, insideNamespace } from '../tools/cluster/namespace/enter.ts';
import { ensureParts } from '../tools/cluster/provision/provision.ts';
import { billLines } from './bill.ts';
import { Interrupted, interruption } from './interruption.ts';
import { type DemoOptions, parseDemoOptions, usage } from './options.ts';
import { play } from './play.ts';
import { lineScreen, pictureScreen } from './screen.ts';
import type { Stage, StageSetting } from './stage.ts';
import { setEmbeddedStage } from './stages/embedded.ts';
import { setExternalStage } from './stages/external.ts';
import { setK3sStage } from './stages/k3s.ts';

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

/** Embedded: returns only inside its namespace. Throws with the one thing to do when there can be no cluster. */
async function prepare(requested: DemoOptions['cluster']): Promise<ClusterSource> {
  const isDecided = requested === 'existing' || insideNamespace();
  const choice = isDecided ? { source: requested ?? 'embedded' } : chooseCluster(requested, await hostAbilities(embeddedParts));
  if (choice.source === 'none') throw new Error(choice.reason);
  if (choice.source === 'embedded') await enterNamespace(embeddedParts);
  if (choice.source === 'k3s') await ensureParts(['helm', 'gateway-api-crds']);
  return choice.source;
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
  const source = await prepare(options.cluster);
  const signal = interruption();
  const beganMs = Date.now();
  const screen = options.plain ? lineScreen((line) => process.stderr.write(`${line}\n`)) : pictureScreen(process.stdout);
  const print = (text: string) => process.stdout.write(text);
  const stage = await setStage(source, options, { tell: (words) => screen.say(words), print, signal });
  let isKept = false;
  try {
    const bill = await play(stage, { requestsPerSecond: options.requestsPerSecond, screen, beganMs, signal });
    signal.throwIfAborted();
    if (options.json) print(`${JSON.stringify(bill, undefined, 2)}\n`);
    else print(`\n${billLines(bill).join('\n')}\n`);
    if (!bill.passed) process.stderr.write(`\nThe logs of this run are in ${stage.runDir}\n`);
    isKept = options.keep;
    if (isKept) await stage.keep(signal);
    return bill.passed ? 0 : 1;
  } finally {
    if (!isKept) await stage.stop();
  }
}

try {
  const options = parseDemoOptions(process.argv.slice(2), process.stdout.isTTY);
  if (options === undefined) process.stdout.write(usage);
  process.exitCode = options === undefined ? 0 : await main(options);
} catch (error) {
  process.stderr.write(`demo: ${reasonOf(error)}\n`);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
}
