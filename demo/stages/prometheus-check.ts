/** Lets Rampart itself ask Prometheus about the shop before the play begins, so that a wrong address or a missing scrape is told in a sentence. */
import { setTimeout as delay } from 'node:timers/promises';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import { labels } from '../../src/api/names.ts';
import * as resources from '../../src/api/resources.ts';
import type { Cluster } from '../../src/runtime/cluster.ts';

export interface ShopSeries {
  readonly namespace: string;
  readonly instanceId: string;
  /** As pods reach it. */
  readonly prometheusAddress: string;
  readonly scrapeIntervalSeconds: number;
}

const pollMs = 200;
/** Pods have to start, and Prometheus has to hear of them, before it can scrape them. */
const patienceMs = 60_000;
const errorPatienceMs = 15_000;
const answered = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);

/** Asks until Prometheus knows a pod of the shop by its hash. Throws with what to do when it does not. */
export async function untilPrometheusKnows(cluster: Cluster, shop: ShopSeries, signal: AbortSignal): Promise<void> {
  const { namespace, scrapeIntervalSeconds, prometheusAddress } = shop;
  const beganMs = Date.now();
  for (let attempt = 1; ; attempt++) {
    const key = { namespace, name: `prometheus-check-${attempt}` };
    const { phase, message } = await ask(cluster, shop, key, signal);
    await cluster.delete(resources.analysisRuns, key);
    if (phase === 'Successful') return;
    const enoughMs = phase === 'Failed' ? patienceMs + 4000 * scrapeIntervalSeconds : errorPatienceMs;
    if (Date.now() - beganMs > enoughMs) throw new Error(adviceFor(phase, message, prometheusAddress));
    await delay(Math.min(scrapeIntervalSeconds, 5) * 1000, undefined, { signal });
  }
}

interface Answer {
  readonly phase: string;
  readonly message: string;
}

async function ask(
  cluster: Cluster,
  shop: ShopSeries,
  key: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<Answer> {
  const query = `count(http_request_duration_seconds_count{${labels.podTemplateHash.replaceAll('-', '_')}!="", version="v1"})`;
  const run = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { ...key, labels: { [labels.instanceId]: shop.instanceId } },
    spec: {
      metrics: [
        {
          name: 'the-shop-is-scraped',
          count: 1,
          consecutiveErrorLimit: 0,
          successCondition: 'len(result) > 0',
          provider: { prometheus: { address: shop.prometheusAddress, query } },
        },
      ],
    },
  };
  await cluster.create(resources.analysisRuns, run as unknown as AnalysisRun, signal);
  for (const until = Date.now() + patienceMs; Date.now() < until; await delay(pollMs, undefined, { signal })) {
    const { status } = (await cluster.get(resources.analysisRuns, key, signal)) ?? {};
    if (status?.phase === undefined || !answered.has(status.phase)) continue;
    const measured = status.metricResults?.[0]?.measurements?.at(-1)?.message;
    return { phase: status.phase, message: measured ?? status.message ?? '' };
  }
  return { phase: 'unanswered', message: `Rampart has not asked within ${patienceMs / 1000} s` };
}

export function adviceFor(phase: string, message: string, address: string): string {
  if (phase !== 'Failed')
    return `Rampart cannot ask Prometheus at ${address}: ${message}. --prometheus-address must be as pods reach it.`;
  const label = labels.podTemplateHash.replaceAll('-', '_');
  return `Prometheus at ${address} knows no pod of the shop: it has to scrape pods annotated prometheus.io/scrape and keep their labels (${label}).`;
}
