/** What a server answered -> a value: the first thing that the JSONPath finds, the whole document without one, or the text where it is no JSON. */
import { findJsonPath } from '../../../core/analysis/json-path/find-json-path.ts';
import { JsonPathError } from '../../../core/analysis/json-path/json-path.ts';
import { parseJsonPath } from '../../../core/analysis/json-path/parse-json-path.ts';
import type { MetricValue } from '../../../core/analysis/metric-value.ts';
import type { HttpAnswer } from '../http/http-sender.ts';
import { MetricProviderError, type MetricProviderErrorCode } from '../metric-provider.ts';

/** Levels of lists and maps within each other, of a value that conditions may see. */
const MAX_DEPTH = 100;

/** Throws MetricProviderError for everything but a value or no data. Never shows what the server wrote: it may repeat what it was sent. */
export function readAnswer({ status, body }: HttpAnswer, jsonPath: string): MetricValue {
  if (status < 200 || status > 299) throw new MetricProviderError(codeOf(status), `received non 2xx response code: ${status}`);
  const document = parseJson(body);
  if (document === undefined) {
    if (jsonPath === '') return { kind: 'value', result: body, text: body };
    throw badAnswer('Could not parse JSON body: the answer is no JSON, in which jsonPath could find something');
  }
  const found = find(jsonPath === '' ? '{$}' : jsonPath, document.value);
  if (isTooDeep(found))
    throw badAnswer(`the answer is nested deeper than ${MAX_DEPTH} levels; name what is needed of it in jsonPath`);
  const text = JSON.stringify(found, sortedKeys);
  if (found === null) return { kind: 'no-data', result: null, text };
  if (Array.isArray(found) && found.length === 0) return { kind: 'no-data', result: [], text };
  return { kind: 'value', result: found, text };
}

/** The first match. */
function find(path: string, document: unknown): unknown {
  const actions = parseJsonPath(path);
  if (actions instanceof JsonPathError) throw new MetricProviderError('misconfigured', `jsonPath: ${actions.message}`);
  let matches: readonly unknown[];
  try {
    matches = findJsonPath(actions, document);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw badAnswer(`Could not find JSONPath in body: ${error.message}`);
  }
  if (matches.length === 0) throw badAnswer('result of web metric produced no value: jsonPath matches nothing in the answer');
  return matches[0];
}

function parseJson(body: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(body) as unknown };
  } catch {
    return undefined;
  }
}

function isTooDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= MAX_DEPTH; depth += 1) {
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
    if (level.length === 0) return false;
  }
  return true;
}

/** As Go writes a map. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}

function codeOf(status: number): MetricProviderErrorCode {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 408 || status === 504) return 'timeout';
  return status === 502 || status === 503 ? 'unreachable' : 'bad-answer';
}

function badAnswer(message: string): MetricProviderError {
  return new MetricProviderError('bad-answer', message);
}
