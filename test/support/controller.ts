/** The real controller as a process of its own, for one namespace, from its sources: what tests of the whole start, kill and start again. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import type { SupervisedProcess } from '../../tools/cluster/contract.ts';
import { chartAccount } from './chart-account.ts';
import { sharedCluster } from './cluster.ts';

export interface ControllerSettings {
  readonly namespace: string;
  /** Values of the chart, as `--set` takes them, that its account gets more rights by. Default: the routers' that tests use. */
  readonly rights?: readonly string[];
  /** More arguments of `rampart controller`. */
  readonly args?: readonly string[];
  /** Default: the shared one. */
  readonly cluster?: OpenedCluster;
  /** Default: serves this namespace alone. */
  readonly clusterWide?: boolean;
  /** Its name in the lease. By default that of all controllers of the namespace, so that one started after a kill goes on at once. */
  readonly identity?: string;
  /** Ready as soon as it stands by while another one holds the lease. */
  readonly mayStandBy?: boolean;
}

export interface RunningController {
  readonly process: SupervisedProcess;
  /** http://127.0.0.1:<port> */
  readonly metricsUrl: string;
  readonly healthUrl: string;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
  log(): Promise<string>;
}

const entry = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src', 'cli', 'main.ts');
/** For tests of the change from one holder to the next: a killed one is followed soon. On a busy machine it is lost sooner than it is renewed. */
const shortLease = [
  '--leader-election-lease-duration=4s',
  '--leader-election-renew-deadline=3s',
  '--leader-election-retry-period=200ms',
];
const instanceFlag = '--instance-id=';
let started = 0;

/** Settles when it says that it is ready; it ends with the test at the latest. */
export async function startController(settings: ControllerSettings): Promise<RunningController> {
  const cluster = settings.cluster ?? (await sharedCluster());
  const { namespace, rights = ['rbac.nginx=true'], args = [], clusterWide = false, identity, mayStandBy = false } = settings;
  const instanceId = args.findLast((arg) => arg.startsWith(instanceFlag))?.slice(instanceFlag.length);
  const account = { values: rights, clusterWide, ...(instanceId !== undefined && { instanceId }) };
  const kubeconfig = await chartAccount(cluster, namespace, account);
  const [metricsPort, healthzPort] = [await cluster.freePort(), await cluster.freePort()];
  const ports = [`--metricsPort=${metricsPort}`, `--healthzPort=${healthzPort}`];
  const scope = clusterWide ? [] : ['--namespaced'];
  const process_ = await cluster.spawn({
    name: `controller-${namespace}-${process.pid}-${++started}`,
    command: process.execPath,
    args: [
      entry,
      'controller',
      `--kubeconfig=${kubeconfig}`,
      `--namespace=${namespace}`,
      ...scope,
      ...ports,
      `--identity=${identity ?? namespace}`,
      ...(identity === undefined ? [] : shortLease),
      ...args,
    ],
  });
  const controller: RunningController = {
    process: process_,
    metricsUrl: `http://127.0.0.1:${metricsPort}`,
    healthUrl: `http://127.0.0.1:${healthzPort}`,
    stop: async () => (await process_.stop(10_000)).code,
    kill: async () => {
      process_.kill('SIGKILL');
      await process_.exited;
    },
    log: () => readFile(process_.logFile, 'utf8'),
  };
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(`log of ${process_.name}:\n${(await controller.log()).slice(-8000)}`);
    if (process_.running) await controller.kill();
  });
  await vi.waitFor(
    async () => {
      if (!process_.running) throw new Error(`the controller ended:\n${await controller.log()}`);
      const answer = await fetch(`${controller.healthUrl}/readyz`);
      const text = await answer.text();
      if (!answer.ok || !(mayStandBy ? /^(?:leading|working|standing by)/ : /^(?:leading|working)/).test(text))
        throw new Error(`not ready: ${text}`);
    },
    { timeout: 30_000, interval: 50 },
  );
  return controller;
}
