/** What is wrong with a metric of the provider web, as far as it is known: texts that wait for an argument are looked at when they have it. */
import type { WebMetric } from '../../api/analysis-template.ts';
import type { Problem } from '../../api/problem.ts';
import { argumentsUsed } from './arguments.ts';
import { JsonPathError } from './json-path/json-path.ts';
import { parseJsonPath } from './json-path/parse-json-path.ts';

export const webMethods = ['GET', 'POST', 'PUT'] as const;
export const maxWebTimeoutSeconds = 3600;

const METHODS: ReadonlySet<string> = new Set(['', ...webMethods]);

/** Paths begin at the block: `body`, `jsonPath`. */
export function webMetricProblems(metric: WebMetric): readonly Problem[] {
  const { method = '', url, body = '', jsonPath = '', timeoutSeconds = 0 } = metric;
  const problems: Problem[] = [];
  const report = (path: string, message: string): void => {
    problems.push({ path, message });
  };
  const hasJsonBody = metric.jsonBody !== undefined && metric.jsonBody !== null;
  if (!isOpen(method) && !METHODS.has(method)) report('method', `must be ${webMethods.join(', ')} or absent, got "${method}"`);
  if (body !== '' && hasJsonBody) report('jsonBody', 'use either body or jsonBody; both cannot be sent');
  else if (method === '' || method === 'GET') {
    if (body !== '' || hasJsonBody) report(hasJsonBody ? 'jsonBody' : 'body', 'only a request with method POST or PUT has a body');
  }
  if (!isOpen(url) && !isAddress(url)) report('url', 'must be a URL such as https://shop.example/healthz');
  const parsed = isOpen(jsonPath) || jsonPath.trim() === '' ? undefined : parseJsonPath(jsonPath);
  if (parsed instanceof JsonPathError) report('jsonPath', parsed.message);
  if (timeoutSeconds > maxWebTimeoutSeconds)
    report('timeoutSeconds', `must be at most ${maxWebTimeoutSeconds}, got ${timeoutSeconds}`);
  return problems;
}

/** An argument is still to be filled in. */
function isOpen(text: string): boolean {
  return argumentsUsed(text).length > 0;
}

function isAddress(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}
