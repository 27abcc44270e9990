/** `rampart backtest` against a real Prometheus that holds two weeks: incidents caught and missed, a gap, false alarms, a better threshold, and no secret told. */
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { sharedCluster } from '../support/cluster.ts';
import { type PastPrometheus, type PastSeries, startPastPrometheus } from '../support/past-prometheus.ts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** On a minute, as the looks at history are. */
const endMs = Math.floor(Date.now() / (10 * minuteMs)) * 10 * minuteMs;
const beganMs = endMs - 14 * dayMs;
const at = (days: number, minutes = 0) => beganMs + days * dayMs + minutes * minuteMs;

/** Share of failed requests: in two incidents, and in a load that was none. */
const episodes = [
  { fromMs: at(3), toMs: at(3, 20), ratio: 0.2 },
  { fromMs: at(8, 7), toMs: at(8, 37), ratio: 0.04 },
  { fromMs: at(11), toMs: at(11, 40), ratio: 0.008 },
];
/** Nothing was scraped. */
const gap = { fromMs: at(5), toMs: at(5, 120) };

let prometheus: PastPrometheus;
let folder: string;

beforeAll(async () => {
  const cluster = await sharedCluster();
  folder = await mkdtemp(join(cluster.runDir, 'backtest-'));
  prometheus = await startPastPrometheus(cluster, folder);
  await writePast(prometheus);
  await writeFile(join(folder, 'shop.yaml'), stringify(template('result[0] < 0.05')));
});

afterAll(async () => {
  await prometheus?.stop();
});

/** Two pods' worth of requests, each release with another hash: 100 a second, a few in a thousand fail. */
async function writePast({ write }: PastPrometheus): Promise<void> {
  const totals = new Map<string, number>();
  for (let day = 0; day < 14; day++) {
    const samples = new Map<string, { atMs: number; value: number }[]>([
      ['200', []],
      ['500', []],
    ]);
    for (let atMs = at(day); atMs < at(day + 1); atMs += minuteMs) {
      const index = Math.round((atMs - beganMs) / minuteMs);
      const ratio = episodes.find(({ fromMs, toMs }) => atMs > fromMs && atMs <= toMs)?.ratio ?? 0.001 + (index % 13) / 20_000;
      for (const [status, share] of [
        ['200', 1 - ratio],
        ['500', ratio],
      ] as const) {
        totals.set(status, (totals.get(status) ?? 0) + 6000 * share);
        if (atMs <= gap.fromMs || atMs > gap.toMs) samples.get(status)?.push({ atMs, value: totals.get(status) ?? 0 });
      }
    }
    const series = [...samples].map(
      ([status, values]): PastSeries => ({
        labels: { __name__: 'http_requests_total', app: 'shop', status, rollouts_pod_template_hash: day < 7 ? '7c9d5f' : '86b4c' },
        samples: values,
      }),
    );
    await write(series);
    // The next release counts from nothing.
    if (day === 6) totals.clear();
  }
}

const ratioQuery = `
  sum(rate(http_requests_total{app="shop",status=~"5..",rollouts_pod_template_hash=~"{{args.hash}}"}[5m]))
  / sum(rate(http_requests_total{app="shop",rollouts_pod_template_hash=~"{{args.hash}}"}[5m]))`;

function template(successCondition: string): object {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'shop' },
    spec: {
      args: [{ name: 'hash' }, { name: 'token', valueFrom: { secretKeyRef: { name: 'prometheus', key: 'token' } } }],
      metrics: [
        {
          name: 'error-ratio',
          interval: '1m',
          count: 10,
          failureLimit: 1,
          successCondition,
          provider: {
            prometheus: {
              address: 'http://prometheus.monitoring:9090',
              query: ratioQuery,
              headers: [{ key: 'Authorization', value: 'Bearer {{args.token}}' }],
            },
          },
        },
        {
          name: 'smoke',
          provider: {
            job: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'smoke', image: 'smoke:1' }] } } } },
          },
        },
      ],
    },
  };
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

function rampart(...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/cli/main.ts', 'backtest', ...args], { maxBuffer: 1 << 26 }, (error, out, errors) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, errors });
    });
  });
}

const incident = (index: number) => {
  const { fromMs = 0, toMs = 0 } = episodes[index] ?? {};
  return `${new Date(fromMs).toISOString().slice(0, 16)}Z/${(toMs - fromMs) / minuteMs}m`;
};

const asked = () => [
  '--prometheus',
  prometheus.url,
  '--until',
  new Date(endMs).toISOString().slice(0, 16).concat('Z'),
  '-a',
  'hash=.+',
];

test('two weeks, two incidents: what the template catches, what it misses, and what would have caught both', async () => {
  const shop = join(folder, 'shop.yaml');
  const { code, out, errors } = await rampart(
    '-f',
    shop,
    ...asked(),
    '--incident',
    incident(0),
    '--incident',
    incident(1),
    '-o',
    'json',
  );
  expect(errors).toBe('');
  const report = JSON.parse(out);
  expect(code, 'an incident is missed').toBe(1);
  expect(report.incidents).toMatchObject([{ isCaught: true }, { isCaught: false, firstAfterSeconds: null }]);
  expect(report.runs.played).toBeGreaterThan(4000);
  expect(report.notLooked).toEqual([{ metric: 'smoke', why: 'it asks job, not Prometheus' }]);
  expect(report.notes.join()).toContain('args.token from a Secret');

  const [metric] = report.metrics;
  // Where nothing was scraped rates have nothing, up to the window of the query; the release between is no gap.
  expect(metric.noData).toMatchObject({ countsAs: 'Error' });
  expect(metric.noData.looks).toBeGreaterThanOrEqual(115);
  expect(metric.noData.looks).toBeLessThanOrEqual(125);
  expect(Date.parse(metric.noData.longest.from) - gap.fromMs).toBeGreaterThan(0);
  expect(Date.parse(metric.noData.longest.to)).toBeLessThanOrEqual(gap.toMs + 2 * minuteMs);
  expect(metric.usual.median).toBeLessThan(0.002);
  expect(metric.inIncidents.most).toBeGreaterThan(0.19);

  const caught = report.aborts.find((abort: { incident: number | null }) => abort.incident === 0);
  expect(caught.message).toBe('Metric "error-ratio" assessed Failed due to failed (2) > failureLimit (1)');
  // What is said to have been measured is what Prometheus says an instant query at that moment gives.
  for (const { at: time, value } of caught.evidence) {
    const query = ratioQuery.replaceAll('{{args.hash}}', '.+');
    const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query, time })}`);
    const { data } = (await answer.json()) as { data: { result: readonly { value: readonly [number, string] }[] } };
    expect(JSON.parse(value)).toEqual(data.result.map((series) => Number(series.value[1])));
  }
  // Without data the run cannot be measured: an abort for no incident.
  expect(report.aborts.filter((abort: { incident: number | null }) => abort.incident === null)).toMatchObject([{ phase: 'Error' }]);

  const [advice] = report.thresholds;
  expect(advice).toMatchObject({ value: 0.05, stricter: 'lower', caughtAnyway: 0 });
  expect(advice.separating.suggested).toBeGreaterThan(0.008);
  expect(advice.separating.suggested).toBeLessThan(0.04);

  const better = join(folder, 'better.yaml');
  const condition = `len(result) == 0 || ${advice.separating.condition}`;
  await writeFile(better, stringify(template(condition)));
  const again = await rampart('-f', better, ...asked(), '--incident', incident(0), '--incident', incident(1));
  expect(again.out).toContain('2 of 2 incidents caught, 0 false alarms');
  expect(again.code).toBe(0);
});

test('the text says it for people, an argument that is missing is named, and no secret is told', async () => {
  const shop = join(folder, 'shop.yaml');
  const text = await rampart(
    '-f',
    shop,
    ...asked(),
    '--since',
    '4d',
    '--incident',
    incident(2),
    '-a',
    'token=open-sesame',
    '--header',
    'X-Tenant: seventh-heaven',
  );
  expect(text.out).toContain('Backtest of AnalysisTemplate shop');
  expect(text.out).toContain('missed: none of');
  expect(text.out).toContain('never; it would count as an error, which is asked again');
  expect(text.out).toMatch(/result\[0\] < 0\.00\d+ (would catch the incident|\S+)/);
  expect(`${text.out}${text.errors}`).not.toMatch(/open-sesame|seventh-heaven/);

  const [prom = '', url = ''] = asked();
  const missing = await rampart('-f', shop, prom, url);
  expect(missing).toMatchObject({ code: 3, out: '' });
  expect(missing.errors).toContain('argument hash has no value: give it by --arg hash=VALUE');
  const nobody = await rampart('-f', shop, ...asked().with(1, 'http://127.0.0.1:1'), '-a', 'token=open-sesame');
  expect(nobody).toMatchObject({ code: 3, out: '' });
  expect(nobody.errors).toMatch(/error-ratio: 127\.0\.0\.1:1 cannot be reached/);
  const never = await rampart('-f', shop, prom, url, '--since', '1d', '-a', 'hash=none-such');
  expect(never.code).toBe(1);
  expect(never.out).toContain('there never was data of error-ratio');
});
