/** Whole rehearsals of small manifests, without the command around them. */
import { expect, test } from 'vitest';
import type { KubeObject } from '../api/kubernetes.ts';
import { namedScenario } from './catalogue.ts';
import { complete } from './intake/complete.ts';
import { stagesOf } from './intake/stages.ts';
import { rehearse } from './rehearse.ts';
import type { PlayedScenario } from './report.ts';
import type { Scenario } from './scenario.ts';

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
] as unknown as readonly KubeObject[];

async function played(objects: readonly KubeObject[], ...names: readonly string[]): Promise<readonly PlayedScenario[]> {
  const completed = complete(objects, 'default');
  const [stage] = stagesOf(completed.objects).stages;
  if (stage === undefined) throw new Error('there is no Rollout');
  const scenarios = names.map((name) => namedScenario(name) as Scenario);
  const options = { seed: 1, seeds: 1, requestsPerSecond: 100, assume: () => undefined };
  return (await rehearse(stage, { ...options, scenarios })).scenarios;
}

test('a good version completes, and errors are taken back at the question behind the step at which they begin', async () => {
  const [good, atOnce, later] = await played(bare, 'good', 'errors', 'errors-at-step=3');
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
