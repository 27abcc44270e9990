import { expect, it } from 'vitest';
import type { WebMetric } from '../../api/analysis-template.ts';
import { webMetricProblems } from './web-metric-problems.ts';

const url = 'https://shop.example/healthz';

it.each<[string, WebMetric]>([
  ['only a URL', { url }],
  ['everything', { url, method: 'PUT', jsonBody: { a: 1 }, jsonPath: '{$.ok}', timeoutSeconds: 5 }],
  ['an empty body with GET', { url, method: 'GET', body: '' }],
  ['a body in any method that an argument names', { url, method: '{{args.method}}', body: 'a' }],
  ['arguments', { url: '{{args.url}}', jsonPath: '{{ args.path }}' }],
])('%s is fine', (_, metric) => {
  expect(webMetricProblems(metric)).toEqual([]);
});

it.each<[WebMetric, string, string]>([
  [{ url, method: 'DELETE' }, 'method', 'must be GET, POST, PUT'],
  [{ url, method: 'post', body: 'a' }, 'method', 'got "post"'],
  [{ url, method: 'POST', body: 'a', jsonBody: {} }, 'jsonBody', 'use either body or jsonBody'],
  [{ url, body: 'a' }, 'body', 'POST or PUT'],
  [{ url, method: 'GET', jsonBody: 0 }, 'jsonBody', 'POST or PUT'],
  [{ url: 'shop.example' }, 'url', 'must be a URL'],
  [{ url: 'file:///etc/passwd' }, 'url', 'must be a URL'],
  [{ url: '' }, 'url', 'must be a URL'],
  [{ url, jsonPath: '$.ok' }, 'jsonPath', 'there is no {...}'],
  [{ url, jsonPath: '{.ok[}' }, 'jsonPath', '"]" is missing'],
  [{ url, timeoutSeconds: 4000 }, 'timeoutSeconds', 'at most 3600'],
])('%j', (metric, path, words) => {
  expect(webMetricProblems(metric)).toEqual([{ path, message: expect.stringContaining(words) }]);
});
