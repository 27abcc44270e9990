/** Prometheus on the node's own IP, with its data in the run's folder. It scrapes every pod that asks for it by annotation, and what the caller names. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterAccess, Prometheus, PrometheusOptions } from '../contract.ts';
import { KubeApi, readCredentials } from '../kubelet/kube-api.ts';
import { discoverPods } from './pod-discovery.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { scrapeOffers } from './scrape-offer.ts';

const readyWithinMs = 30_000;

/** Settles when it answers queries. Throws, naming the log, when it ends or is not ready within 30 s. */
export async function startPrometheus(access: ClusterAccess, options: PrometheusOptions): Promise<Prometheus> {
  const folder = join(access.runDir, 'prometheus');
  for (const directory of [folder, dirname(scrapeOffers(access.runDir))]) await mkdir(directory, { recursive: true });
  const kubeconfig = await access.kubeconfigFor('prometheus', ['system:masters']);
  const api = new KubeApi(await readCredentials(kubeconfig));
  const closing = new AbortController();
  const podTargetsFile = join(folder, 'pods.json');
  await discoverPods(api, podTargetsFile, closing.signal);
  const configFile = join(folder, 'prometheus.yml');
  const { scrapeIntervalMs, targets = {} } = options;
  await writeFile(configFile, prometheusConfig({ scrapeIntervalMs, podTargetsFile, offers: scrapeOffers(access.runDir), targets }));
  const port = await access.freePort();
  const url = `http://${access.nodeIp}:${port}`;
  const prometheus = await access.spawn({
    name: 'prometheus',
    command: await access.partPath('prometheus'),
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${access.nodeIp}:${port}`,
      '--log.level=warn',
    ],
  });
  const stop = async () => {
    closing.abort();
    await prometheus.stop();
    await api.close();
  };
  try {
    await untilReady(url, () => prometheus.running);
  } catch (error) {
    await stop();
    throw new Error(`Prometheus did not come up: ${String(error)}; its log is ${prometheus.logFile}.`, { cause: error });
  }
  return {
    name: 'prometheus',
    logs: [prometheus.logFile],
    url,
    stop,
  };
}

async function untilReady(url: string, isRunning: () => boolean): Promise<void> {
  for (const until = Date.now() + readyWithinMs; Date.now() < until; ) {
    if (!isRunning()) throw new Error('it ended');
    const isReady = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isReady) return;
    await delay(50);
  }
  throw new Error(`it was not ready within ${readyWithinMs / 1000} s`);
}
