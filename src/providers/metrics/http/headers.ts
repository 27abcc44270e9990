/** The headers that a metric names, as they are sent: valid, so many at most, and without those that belong to the connection. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { MetricProviderError } from '../metric-provider.ts';

const MAX_HEADERS = 100;
const MAX_CHARACTERS = 64 * 1024;
/** Made by whoever sends the request; left out without a word, as Argo Rollouts does. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade']);

/** Throws MetricProviderError, which names the header and never its value. */
export function headersOf(
  list: readonly { readonly key: string; readonly value: string }[] = [],
): Readonly<Record<string, string>> {
  const characters = list.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  if (list.length > MAX_HEADERS || characters > MAX_CHARACTERS) {
    throw misconfigured(`there are more than ${MAX_HEADERS} headers, or more than ${MAX_CHARACTERS} characters in them`);
  }
  const sent = list.filter(({ key }) => !OF_THE_CONNECTION.has(key.toLowerCase()));
  for (const [index, { key, value }] of sent.entries()) {
    if (!isValid(() => validateHeaderName(key))) throw misconfigured(`the name of header ${index + 1} is none that HTTP knows`);
    if (!isValid(() => validateHeaderValue(key, value))) {
      throw misconfigured(`the value of the header ${key} holds what no header may, perhaps a line break at its end`);
    }
  }
  return Object.fromEntries(sent.map(({ key, value }) => [key, value]));
}

function isValid(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}

function misconfigured(message: string): MetricProviderError {
  return new MetricProviderError('misconfigured', message);
}
