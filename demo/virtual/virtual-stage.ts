/** The stage on the virtual cluster: the demo's own manifests, the whole controller, a gateway and Prometheus in memory, and a clock that needs no waiting. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { evenNetwork, type Request } from '../../src/simulation/network.ts';
import { Simulation } from '../../src/simulation/simulation.ts';
import type { VirtualClock } from '../../src/simulation/virtual-clock.ts';
import type { Pod } from '../../src/simulation/workloads/kube.ts';
import { settingsFrom } from '../shop/settings.ts';
import type { Stage, StageSetting } from '../stage.ts';
import { type ShopContainer, versionIn } from '../version.ts';
import { VirtualTraffic } from './virtual-traffic.ts';

const manifests = join(dirname(fileURLToPath(import.meta.url)), '..', 'manifests');
const shop = 'default';
const medianSeconds = 0.02;
/** What a request to the API server takes in a cluster. */
const requestMs = 10;

export interface VirtualStage extends Stage {
  readonly clock: VirtualClock;
}

export async function setVirtualStage({ tell }: Pick<StageSetting, 'tell'>, seed = 1): Promise<VirtualStage> {
  // As the embedded one scrapes.
  const simulation = new Simulation({
    seed,
    network: evenNetwork(requestMs),
    scrapeEveryMs: 1000,
    behaviour: (pod) => ({ errorRatio: errorRatioOf(pod), medianSeconds }),
  });
  const written: Record<string, number> = {};
  simulation.startRampart({ written: (request) => count(written, request) });
  tell('opening the shop with version 1, on the virtual cluster');
  for (const file of ['route.yaml', 'rollout.yaml']) {
    const documents = parseAllDocuments(await readFile(join(manifests, file), 'utf8'));
    simulation.apply(...documents.map((document) => document.toJS() as KubeObject));
  }
  const traffic = new VirtualTraffic(simulation, shop, 'shop');
  const { clock } = simulation;
  return {
    clock,
    world: {
      clock,
      connect: () => ({ cluster: simulation.cluster.client('watcher'), close: async () => undefined }),
      startTraffic: (options) => traffic.start(options),
      address: 'the virtual gateway',
    },
    namespace: shop,
    withinMs: { open: 60_000, promoted: 90_000, takenBack: 60_000 },
    release: (version) => [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: `shop:${version}` }],
    apiRequests: async () => written,
    runDir: undefined,
    keep: async () => undefined,
    stop: async () => undefined,
  };
}

function errorRatioOf({ spec }: Pod): number {
  const containers = spec.containers as readonly ShopContainer[] | undefined;
  return settingsFrom({ SHOP_VERSION: versionIn(containers?.[0]) }).errorRatio;
}

function count(written: Record<string, number>, { verb, resource, subresource }: Request): void {
  const what = `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`;
  written[what] = (written[what] ?? 0) + 1;
}

/** Lets the stage's time pass until the work is done: nothing in it waits for anything else. */
export async function whileTimePasses<T>({ clock }: VirtualStage, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  // Whoever awaits the work hears of its failure.
  done.catch(() => undefined);
  while (!isDone) await clock.run(50);
  return await done;
}
