/** `npm run bench`: a fleet of Rollouts on an embedded Kubernetes, and what Rampart needed for it beside its budgets. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadKubeConfig } from '../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { buildProgram } from '../tools/build.ts';
import { type EmbeddedCluster, startCluster } from '../tools/cluster/cluster.ts';
import { enterNamespace } from '../tools/cluster/namespace/enter.ts';
import { AuditReader } from './audit.ts';
import { Fleet } from './fleet.ts';
import { type Bench, measureAborts, measureCommands, measureFleet } from './measure.ts';
import { type BenchOptions, parseBenchOptions, usage } from './options.ts';
import { reportLines } from './report.ts';
import { startSuccessServer } from './success-server.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const user = 'rampart-bench';
const namespace = 'default';

async function main(options: BenchOptions): Promise<void> {
  await enterNamespace(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok', 'kwok-stages']);
  const tell = (words: string): void => void process.stderr.write(`bench: ${words}\n`);
  tell('starting Kubernetes');
  const cluster = await startCluster({ name: 'bench', kubelet: 'kwok', audit: 'metadata' });
  const client = clientOf(cluster.adminKubeconfig);
  const fleet = new Fleet(client, namespace);
  const success = await startSuccessServer(cluster.nodeIp);
  try {
    for (const file of await readdir(join(root, 'crds')))
      await cluster.applyManifests(await readFile(join(root, 'crds', file), 'utf8'));
    await fleet.ready();
    const controller = await startController(cluster);
    const audit = new AuditReader(cluster.auditLog ?? '', user);
    const bench: Bench = { client, namespace, fleet, audit, ...controller, success, tell };
    const figures = [
      ...(await measureFleet(bench, options.rollouts)),
      ...(await measureCommands(bench, options.commands)),
      ...(await measureAborts(bench, options.analyses)),
    ];
    process.stdout.write(options.json ? `${JSON.stringify(figures, undefined, 2)}\n` : `\n${reportLines(figures).join('\n')}\n`);
  } finally {
    success.close();
    await fleet.stop();
    await client.close();
    await cluster.stop();
  }
}

function clientOf(kubeconfig: string): KubernetesClient {
  const { config } = loadKubeConfig({ kubeconfig, environment: {} });
  return KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment: {}, limits: undefined });
}

/** The built program, as users run it. */
async function startController(cluster: EmbeddedCluster): Promise<Pick<Bench, 'controllerPid' | 'eventsWritten'>> {
  const kubeconfig = await cluster.kubeconfigFor(user, ['system:masters']);
  const [metricsPort, healthzPort] = [await cluster.freePort(), await cluster.freePort()];
  const args = [
    await buildProgram(),
    'controller',
    `--kubeconfig=${kubeconfig}`,
    `--metricsPort=${metricsPort}`,
    `--healthzPort=${healthzPort}`,
  ];
  const { pid } = await cluster.spawn({ name: 'rampart', command: process.execPath, args });
  await until(async () => (await fetch(`http://127.0.0.1:${healthzPort}/readyz`)).ok);
  const pendingEvents = async (): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    return Number(/^rampart_events_pending\S* (\d+)/m.exec(text)?.[1] ?? Number.NaN);
  };
  return { controllerPid: pid, eventsWritten: () => until(async () => (await pendingEvents()) === 0, 1_000) };
}

/** Seldom, where looking costs the controller something: a scrape of its metrics does. */
async function until(condition: () => Promise<boolean>, intervalMs = 50): Promise<void> {
  const deadline = performance.now() + 300_000;
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline)
      throw new Error('the controller did not get there within five minutes; its log is in the run directory');
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}

try {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else await main(options);
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
