import { expect, test } from 'vitest';
import type { AnalysisTemplate } from '../../api/analysis-template.ts';
import { planBacktest } from './plan.ts';

const query = 'sum(rate(errors{hash=~"{{args.hash}}"}[5m]))';
const metric = (more: object) => ({
  name: 'errors',
  successCondition: 'result[0] < 1',
  provider: { prometheus: { query, ...more } },
});

function plan(spec: object, args: Readonly<Record<string, string>> = {}) {
  const template = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'shop' }, spec } as unknown;
  return planBacktest({
    analysisTemplates: new Map([['shop', template as AnalysisTemplate]]),
    clusterAnalysisTemplates: new Map(),
    templateName: 'shop',
    clusterScope: false,
    args: new Map(Object.entries(args)),
  });
}

const secret = { name: 'token', valueFrom: { secretKeyRef: { name: 'prometheus', key: 'token' } } };

test('arguments come from the template, and from the person before that', () => {
  const spec = { args: [{ name: 'hash', value: 'abc' }], metrics: [metric({})] };
  expect(plan(spec)).toMatchObject({
    metrics: [{ prometheus: { query: query.replace('{{args.hash}}', 'abc') } }],
    notLooked: [],
    notes: [],
  });
  expect(plan(spec, { hash: '.+' })).toMatchObject({ metrics: [{ prometheus: { query: query.replace('{{args.hash}}', '.+') } }] });
});

test.each<readonly [string, object, Readonly<Record<string, string>>, string]>([
  [
    'is missing',
    { args: [{ name: 'hash' }], metrics: [metric({})] },
    {},
    'argument hash has no value: give it by --arg hash=VALUE',
  ],
  [
    'is of a field of a Rollout',
    { args: [{ name: 'hash', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }], metrics: [metric({})] },
    {},
    'argument hash has no value',
  ],
  [
    'is strange',
    { args: [{ name: 'hash', value: 'x' }], metrics: [metric({})] },
    { hsah: 'x' },
    'the template has no argument hsah; it has hash',
  ],
])('an argument that %s is told', (_, spec, args, words) => {
  const planned = plan(spec, args);
  expect('problems' in planned ? planned.problems.join() : planned).toContain(words);
});

test('what is asked of others than Prometheus, or by a range, is named with the reason', () => {
  const rangeQuery = { start: 'now() - duration("5m")', end: 'now()', step: '1m' };
  const planned = plan({
    args: [{ name: 'hash', value: 'x' }],
    metrics: [
      metric({}),
      { ...metric({ rangeQuery }), name: 'range' },
      { name: 'web', successCondition: 'true', provider: { web: { url: 'https://shop.example' } } },
    ],
  });
  expect(planned).toMatchObject({
    metrics: [{ plan: { name: 'errors' } }],
    notLooked: [
      { metric: 'range', why: 'it has a rangeQuery: each measurement would be a range of its own' },
      { metric: 'web', why: 'it asks web, not Prometheus' },
    ],
  });
});

test('a Secret is not read: what needs it is left out, unless the person gives it', () => {
  const spec = {
    args: [{ name: 'hash', value: 'x' }, secret],
    metrics: [
      metric({
        headers: [
          { key: 'X-Tenant', value: 'shop' },
          { key: 'Authorization', value: 'Bearer {{args.token}}' },
        ],
      }),
    ],
  };
  expect(plan(spec)).toMatchObject({
    metrics: [{ prometheus: { headers: [{ key: 'X-Tenant' }] } }],
    notes: [expect.stringContaining('asked without its header Authorization, which needs args.token from a Secret')],
    secrets: [],
  });
  expect(plan(spec, { token: 'open-sesame' })).toMatchObject({
    metrics: [{ prometheus: { headers: [{ key: 'X-Tenant' }, { value: 'Bearer open-sesame' }] } }],
    notes: [],
    secrets: ['open-sesame'],
  });
});
