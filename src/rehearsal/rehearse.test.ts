/** Whole rehearsals of small manifests, without the command around them. */
import { expect, test, vi } from 'vitest';
import { rehearsed } from '../../test/support/rehearsed.ts';
import { namedScenario, spread } from './catalogue.ts';

vi.setConfig({ testTimeout: 60_000 });

/** The manifest of the README, which says neither selector nor template. */
const bare = [
  {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'api-rollout' },
    spec: {
      replicas: 10,
      strategy: {
        canary: {
          steps: [
            { setWeight: 10 },
            { pause: { duration: '5m' } },
            { analysis: { templates: [{ templateName: 'success-rate' }] } },
            { setWeight: 50 },
            { pause: { duration: '10m' } },
            { analysis: { templates: [{ templateName: 'success-rate' }] } },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'success-rate' },
    spec: {
      metrics: [
        {
          name: 'success-rate',
          successCondition: 'result[0] >= 0.99',
          provider: {
            prometheus: {
              query: 'sum(rate(http_requests_total{status=~"2.."}[5m])) / sum(rate(http_requests_total[5m]))',
            },
          },
        },
      ],
    },
  },
];

test('a good version completes, and errors are taken back at the question behind the step at which they begin', async () => {
  const { played, assumptions } = await rehearsed(bare, ['good', 'errors', 'errors-at-step=3']);
  const [good, atOnce, later] = played;
  expect(assumptions[0]).toMatch(/^Rollout api-rollout says nothing of it and is given pods with app=api-rollout, one container/);
  expect(good).toMatchObject({ ending: 'completed', endsWell: true, failedRequests: 0, mostPods: 15, mostExtraPods: 5 });
  expect(atOnce).toMatchObject({ ending: 'aborted', endsWell: true, phase: 'Degraded' });
  // A tenth of 100 requests a second, a fifth of them bad, for five minutes.
  expect(atOnce?.failedRequests).toBeGreaterThan(590);
  expect(atOnce?.failedRequests).toBeLessThan(650);
  expect(atOnce?.failedAtWeight.map(({ weight }) => weight)).toEqual([10]);
  expect(atOnce?.secondsToSafe).toBeLessThan(310);
  expect(later).toMatchObject({ ending: 'aborted', endsWell: true });
  expect(later?.failedRequests).toBeGreaterThan(5900);
  expect(later?.marks[0]?.text).toBe('the new version begins to answer 20 % of its requests with errors');
});

test('what people do half-way, and faults around the controller, end as they should', async () => {
  const names = [
    'person-aborts',
    'person-promotes',
    'person-edits',
    'person-scales',
    'person-deletes',
    'api-server-away',
    'next-version',
  ];
  const { played } = await rehearsed(bare, names);
  expect(played.map(({ name, ending, endsWell }) => `${name} ${ending} ${endsWell}`)).toEqual([
    'person-aborts aborted true',
    'person-promotes completed true',
    'person-edits completed true',
    'person-scales completed true',
    'person-deletes gone true',
    'api-server-away completed true',
    'next-version completed true',
  ]);
  expect(played.filter(({ name, failedRequests }) => name !== 'next-version' && failedRequests > 0)).toEqual([]);
  expect(played[3]?.mostPods).toBeGreaterThan(20);
  expect(played.map(({ marks }) => marks[0]?.text)).toMatchObject([
    'a person aborts',
    'a person promotes without the steps that are left',
    'a person adds a step at the end',
    'a person scales to 20',
    'a person deletes the Rollout and leaves its pods',
    'the API server is away for 60 s',
    'the new version begins to answer 20 % of its requests with errors',
  ]);
});

test('pods that do not come hurt nobody, and Prometheus in whatever state lets no bad version through', async () => {
  const names = [
    'pods-never-start',
    'pods-never-ready',
    'prometheus-down',
    'prometheus-empty',
    'prometheus-nan',
    'prometheus-slow',
  ];
  const { played } = await rehearsed(bare, names);
  expect(played.map(({ ending, endsWell }) => `${ending} ${endsWell}`)).toEqual([
    ...['stuck true', 'stuck true'],
    ...Array.from({ length: 4 }, () => 'aborted true'),
  ]);
  expect(played[0]).toMatchObject({ failedRequests: 0, secondsToSafe: undefined, phase: 'Degraded' });
});

test('of several seeds the worst is told, with its seed', async () => {
  const { played } = await rehearsed(bare, ['errors'], { seeds: 3 });
  const each = await Promise.all([3, 4, 5].map(async (seed) => (await rehearsed(bare, ['errors'], { seed })).played[0]));
  const most = Math.max(...each.map((one) => one?.failedRequests ?? 0));
  expect(played[0]?.failedRequests).toBe(most);
  expect(each.find((one) => one?.seed === played[0]?.seed)?.failedRequests).toBe(most);
});

test.each([
  ['errors', { expects: 'taken-back' }],
  ['errors=50', { name: 'errors=50' }],
  ['errors=20', { name: 'errors' }],
  ['errors-at-step=2', { name: 'errors-at-step=2' }],
  ['controller-killed=all', { killedBehindWrites: 100_000 }],
  ['errors=', { problem: expect.stringContaining('got ""') }],
  ['errors-at-step=1.5', { problem: expect.stringContaining('takes a number') }],
  ['slow', { problem: expect.stringContaining('there is no scenario "slow"') }],
])('scenario %s', (text, expected) => {
  expect(namedScenario(text)).toMatchObject(expected);
});

test.each([
  [3, 8, [0, 1, 2]],
  [9, 3, [0, 4, 8]],
  [5, 1, [0]],
  [0, 4, []],
])('%d spread over %d', (count, most, expected) => {
  expect(spread(count, most)).toEqual(expected);
});
