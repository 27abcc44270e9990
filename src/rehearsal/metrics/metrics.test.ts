/** Metrics as they are in the wild, in rehearsals of a routed canary: what a query says of a good version, and whether it notices a bad one. */
import { describe, expect, test, vi } from 'vitest';
import { rehearsed } from '../../../test/support/rehearsed.ts';
import { answerFor, isSolved } from './answer-for.ts';

vi.setConfig({ testTimeout: 60_000 });

const kind = (name: string, metadata: object, spec: object) => ({ apiVersion: 'argoproj.io/v1alpha1', kind: name, metadata, spec });

/** A canary of 20 % for a minute, and two questions, half a minute apart. */
function manifests(metric: object): readonly object[] {
  return [
    kind(
      'Rollout',
      { name: 'shop' },
      {
        replicas: 4,
        strategy: {
          canary: {
            stableService: 'shop-stable',
            canaryService: 'shop-canary',
            trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
            steps: [
              { setWeight: 20 },
              { pause: { duration: '1m' } },
              {
                analysis: {
                  templates: [{ templateName: 'it' }],
                  args: [{ name: 'service', value: 'shop-canary' }],
                },
              },
            ],
          },
        },
      },
    ),
    kind(
      'AnalysisTemplate',
      { name: 'it' },
      {
        args: [{ name: 'service' }],
        metrics: [{ name: 'it', interval: '30s', count: 2, ...metric }],
      },
    ),
  ];
}

const prometheus = (query: string, successCondition: string) => ({ successCondition, provider: { prometheus: { query } } });
const ratio = (good: string, all: string) => prometheus(`sum(rate(${good}[1m])) / sum(rate(${all}[1m]))`, 'result[0] >= 0.95');
const istio = 'reporter="source",destination_service=~"{{args.service}}.*"';

describe('Prometheus', () => {
  test.each([
    ['Istio', ratio(`istio_requests_total{${istio},response_code!~"5.*"}`, `istio_requests_total{${istio}}`), 'errors'],
    [
      'Istio, in milliseconds',
      prometheus(
        `histogram_quantile(0.95, sum by (le) (rate(istio_request_duration_milliseconds_bucket{${istio}}[1m])))`,
        'result[0] < 500',
      ),
      'slow-answers',
    ],
    [
      'ingress-nginx, over both versions',
      ratio(
        'nginx_ingress_controller_requests{ingress="shop",status!~"[4-5].*"}',
        'nginx_ingress_controller_requests{ingress="shop"}',
      ),
      'errors=60',
    ],
    [
      'Linkerd',
      ratio('response_total{service="shop-canary",classification="success"}', 'response_total{service="shop-canary"}'),
      'errors',
    ],
    [
      'Traefik',
      ratio(
        'traefik_service_requests_total{service=~".*{{args.service}}.*",code!~"5.."}',
        'traefik_service_requests_total{service=~".*{{args.service}}.*"}',
      ),
      'errors',
    ],
    [
      'Spring',
      ratio('http_server_requests_seconds_count{job="shop",outcome="SUCCESS"}', 'http_server_requests_seconds_count{job="shop"}'),
      'errors=60',
    ],
    [
      'gRPC',
      ratio('grpc_server_handled_total{grpc_code="OK",service="shop-canary"}', 'grpc_server_handled_total{service="shop-canary"}'),
      'errors',
    ],
    ['a counter of errors', prometheus('sum(rate(app_errors_total{service="shop-canary"}[1m]))', 'result[0] < 1'), 'errors'],
    ['a query that cannot be computed', prometheus('topk(1, error_share{service="shop-canary"})', 'result[0] < 0.05'), 'errors'],
  ])('%s: a good version gets through, a bad one is taken back', async (_, metric, bad) => {
    const { played } = await rehearsed(manifests(metric), ['good', bad]);
    expect(played.map(({ name, ending }) => [name, ending])).toEqual([
      ['good', 'completed'],
      [bad, 'aborted'],
    ]);
  });

  test('labels of a real installation fit all pods, or those of the Service that they name, and it is said', async () => {
    const { assumptions } = await rehearsed(
      manifests(ratio('http_requests_total{mesh="a",service="shop-canary",code="200"}', 'http_requests_total{mesh="a"}')),
      ['good'],
    );
    expect(assumptions).toContain('AnalysisTemplate it: it: the label mesh of its query is taken to fit all pods of the Rollout.');
    expect(assumptions).toContain(
      'AnalysisTemplate it: it: service="shop-canary" of its query is taken to mean the pods that Service shop-canary selects.',
    );
  });

  test('what has nothing to do with requests takes nothing back, and it is said', async () => {
    const { played, assumptions } = await rehearsed(
      manifests(prometheus('avg(container_memory_usage_bytes{pod=~"shop.*"})', 'result[0] < 5e8')),
      ['good', 'errors'],
    );
    expect(played.map(({ ending }) => ending)).toEqual(['completed', 'completed']);
    expect(assumptions.join('\n')).toMatch(
      /container_memory_usage_bytes is no metric that the rehearsal knows.*never takes a version back/,
    );
  });
});

test.each([
  ['a number', { successCondition: 'result >= 0.95', provider: { web: { url: 'http://gate/', jsonPath: '{$.ratio}' } } }],
  ['fields', { successCondition: 'result.ok && result.code == "fine"', provider: { web: { url: 'http://gate/' } } }],
  [
    'what no answer is found for',
    { successCondition: 'len(result.list) == 17 && result.list[3] > 4', provider: { web: { url: 'http://gate/' } } },
  ],
  [
    'a Job',
    {
      provider: {
        job: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'try', image: 'try:1' }] } } } },
      },
    },
  ],
])('other providers answer by how the new version answers: %s', async (_, metric) => {
  const { played, assumptions } = await rehearsed(manifests(metric), ['good', 'errors']);
  expect(played.map(({ ending }) => ending)).toEqual(['completed', 'aborted']);
  expect(assumptions.join('\n')).toContain('AnalysisTemplate it: it: ');
});

test.each([
  ['result >= 0.95', '', true],
  ['', 'result[0] > 0.01', true],
  ['result.status == "pass"', 'result.status == "fail"', true],
  ["result['a'].b < 3", '', true],
  ['all(result, # < 100)', '', true],
  ['', '', true],
  ['result < 0 && result > 0', '', false],
])('values for %j, %j', (successCondition, failureCondition, solved) => {
  expect(isSolved({ successCondition, failureCondition })).toBe(solved);
  if (solved) expect(answerFor({ successCondition, failureCondition }, true)).toBeDefined();
});
