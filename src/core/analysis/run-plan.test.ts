import { describe, expect, it } from 'vitest';
import type { AnalysisRunSpec } from '../../api/analysis-run.ts';
import type { Metric } from '../../api/analysis-template.ts';
import { planRun } from './run-plan.ts';

const metric = (more: Partial<Metric> = {}): Metric => ({ name: 'm', provider: { prometheus: { query: 'up' } }, ...more });

describe('what cannot be measured', () => {
  it.each<[string, AnalysisRunSpec, string]>([
    [
      'a provider that is not there',
      { metrics: [metric({ provider: { web: { url: 'http://x' } } })] },
      "metric 'm' uses the provider web, which this version cannot ask; supported: prometheus",
    ],
    [
      'an argument without value',
      { metrics: [metric()], args: [{ name: 'x' }] },
      'Unable to resolve metric arguments: args.x was not resolved',
    ],
    [
      'an argument that nobody declared',
      { metrics: [metric({ provider: { prometheus: { query: '{{args.y}}' } } })] },
      'Unable to resolve metric arguments: args.y was not resolved',
    ],
    [
      'a web metric with two bodies',
      {
        metrics: [metric({ provider: { web: { url: '{{args.url}}', method: 'POST', body: 'a', jsonBody: {}, jsonPath: '$.a' } } })],
        args: [{ name: 'url', value: 'shop.example' }],
      },
      [
        'Analysis spec invalid: spec.metrics[0].provider.web.jsonBody: use either body or jsonBody; both cannot be sent',
        'spec.metrics[0].provider.web.url: must be a URL such as https://shop.example/healthz',
        'spec.metrics[0].provider.web.jsonPath: there is no {...} in it; write for instance {$.data.ok}',
      ].join('; '),
    ],
    ['no metric', { metrics: [] }, 'Analysis spec invalid: spec.metrics: there is no metric to measure'],
    [
      'a count that is no number',
      { metrics: [metric({ count: '{{args.n}}' })], args: [{ name: 'n', value: 'three' }] },
      'Analysis spec invalid: spec.metrics[0].count: "three" is not a whole number',
    ],
    [
      'two metrics of one name',
      { metrics: [metric(), metric()] },
      "Analysis spec invalid: spec.metrics[1].name: 'm' is used twice",
    ],
    [
      'failures without limit and without a way to succeed',
      { metrics: [metric({ failureLimit: -1 })] },
      'Analysis spec invalid: spec.metrics[0].consecutiveSuccessLimit: a failureLimit of -1 needs a consecutiveSuccessLimit above 0, or nothing could ever fail',
    ],
    [
      'a secret in a condition',
      {
        metrics: [metric({ successCondition: 'result == "{{args.s}}"' })],
        args: [{ name: 's', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } }],
      },
      "Analysis spec invalid: spec.metrics[0]: args.s comes from a Secret, which only the provider's block may use",
    ],
    [
      'arguments that multiply',
      { metrics: [metric({ successCondition: '{{args.x}}'.repeat(100) })], args: [{ name: 'x', value: ' '.repeat(100_000) }] },
      'Analysis spec invalid: spec.metrics[0]: its arguments make more than 1000000 characters',
    ],
    [
      'a rule for no metric',
      { metrics: [metric()], dryRun: [{ metricName: 'other' }] },
      'Analysis spec invalid: spec.dryRun[0].metricName: "other" matches the name of no metric',
    ],
  ])('%s', (_, spec, message) => {
    expect(planRun(spec, new Set(['prometheus']))).toEqual({ message });
  });

  it('a condition that does not read', () => {
    const plan = planRun({ metrics: [metric({ successCondition: 'result >=' })] }, new Set(['prometheus']));
    expect(plan).toEqual({ message: expect.stringMatching(/^Analysis spec invalid: spec\.metrics\[0\]\.successCondition: /) });
  });

  it('everything wrong is told at once', () => {
    const spec = {
      metrics: [metric({ name: 'a', count: 0.5 }), metric({ name: 'b', initialDelay: '-1s', failureLimit: 2, count: 1 })],
    };
    expect(planRun(spec, new Set(['prometheus']))).toEqual({
      message: [
        'Analysis spec invalid: spec.metrics[0].count: "0.5" is not a whole number',
        'spec.metrics[1].initialDelay: must not be negative, got "-1s"',
        'spec.metrics[1].failureLimit: 2 is more than the count of 1, so nothing could ever fail',
      ].join('; '),
    });
  });
});

describe('what is read out of a run', () => {
  it.each<[string, Partial<Metric>, object]>([
    ['one measurement by default', {}, { count: 1, intervalMs: undefined, failureLimit: 0, consecutiveErrorLimit: 4 }],
    ['without end where only an interval is given', { interval: '5m' }, { count: undefined, intervalMs: 300_000 }],
    ['at least a second between two', { interval: '50ms', count: 2 }, { count: 2, intervalMs: 1000 }],
    ['numbers given as text', { interval: '1m', count: ' 3', inconclusiveLimit: '1' }, { count: 3, inconclusiveLimit: 1 }],
    ['a delay', { initialDelay: '1m30s' }, { initialDelayMs: 90_000 }],
  ])('%s', (_, more, expected) => {
    const plan = planRun({ metrics: [metric(more)] }, new Set(['prometheus']));
    expect('metrics' in plan ? plan.metrics[0] : plan).toMatchObject({
      provider: 'prometheus',
      retention: 10,
      dryRun: false,
      ...expected,
    });
  });
});
