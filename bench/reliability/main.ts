/**
 * `npm run reliability`: a fleet of Rollouts is updated, and then an update of it aborted, on an embedded Kubernetes where everything fails that
 * can be made to fail. Ends with 1 where something does not settle or a promise was broken.
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../src/simulation/random.ts';
import { buildProgram } from '../../tools/build.ts';
import { startCluster } from '../../tools/cluster/cluster.ts';
import { enterNamespace } from '../../tools/cluster/namespace/enter.ts';
import { Controllers } from './controllers.ts';
import { Etcd } from './etcd.ts';
import { type Figures, reportLines } from './figures.ts';
import { Fleet } from './fleet.ts';
import { History } from './history.ts';
import { parseReliabilityOptions, type ReliabilityOptions, usage } from './options.ts';
import { findPacketLoss } from './packets.ts';
import { play } from './play.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const parts = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kwok-stages',
  'traefik',
  'gateway-api-crds',
] as const;

async function main(options: ReliabilityOptions): Promise<Figures> {
  await enterNamespace(parts);
  const tell = (words: string): void => void process.stderr.write(`reliability: ${words}\n`);
  tell(`starting Kubernetes (seed ${options.seed})`);
  const program = buildProgram(join(root, 'dist', 'reliability'));
  const cluster = await startCluster({ name: 'reliability', kubelet: 'kwok', traefik: true, audit: 'metadata', storesJson: true });
  const etcd = new Etcd(cluster.etcdUrl);
  const history = new History(etcd);
  const controllers = new Controllers(cluster, await program);
  const fleet = new Fleet({ cluster, history, count: options.rollouts });
  try {
    for (const file of await readdir(join(root, 'crds')))
      await cluster.applyManifests(await readFile(join(root, 'crds', file), 'utf8'));
    await history.begin();
    await controllers.keep(2);
    const packets = await findPacketLoss();
    if (typeof packets === 'string') tell(`NO PACKETS ARE DROPPED: ${packets}`);
    const stage = { cluster, etcd, history, controllers, packets };
    return await play({ stage, fleet, options, random: new Random(options.seed), tell });
  } finally {
    await controllers.stop();
    await history.stop();
    await fleet.stop();
    await cluster.stop();
  }
}

try {
  const options = parseReliabilityOptions(process.argv.slice(2), 1 + Math.floor(Math.random() * 1_000_000));
  if (options === undefined) process.stdout.write(usage);
  else {
    const figures = await main(options);
    process.stdout.write(options.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `\n${reportLines(figures).join('\n')}\n`);
    if (figures.breaches.length > 0) process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`reliability: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
