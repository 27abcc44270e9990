/**
 * What every metric provider promises, whatever it asks: values and missing data told apart, failures as MetricProviderError with a code, no secret in a
 * message, and an end when it is told to stop. A provider's test hands in queries that bring about each case.
 */
import { describe, expect, test } from 'vitest';
import {
  type MetricProvider,
  MetricProviderError,
  type MetricProviderErrorCode,
} from '../../src/providers/metrics/metric-provider.ts';

export interface MetricProviderSubject<Query> {
  readonly provider: MetricProvider<Query>;
  /** Answered with data. */
  readonly answered: Query;
  /** Answered, with nothing in it. */
  readonly empty: Query;
  /** Answered with an error of the system. */
  readonly refused: Query;
  /** Nobody listens there. */
  readonly unreachable: Query;
  /** Never answered. */
  readonly silent: Query;
  /** Refused by a system that repeats this secret, which the query holds. */
  readonly indiscreet: { readonly query: Query; readonly secret: string };
}

const NOW_MS = Date.parse('2026-11-23T12:00:00Z');
const CODES: readonly MetricProviderErrorCode[] = [
  'unreachable',
  'timeout',
  'unauthorized',
  'bad-query',
  'bad-answer',
  'misconfigured',
];

/** `subject` is called once in each test, after the caller's own beforeAll. */
export function metricProviderContract<Query>(name: string, subject: () => MetricProviderSubject<Query>): void {
  const failureOf = async (query: Query, signal = new AbortController().signal): Promise<MetricProviderError> => {
    const answer = await subject()
      .provider.measure(query, { signal, nowMs: NOW_MS })
      .catch((error: unknown) => error);
    if (!(answer instanceof MetricProviderError)) throw new Error(`expected a MetricProviderError, got ${JSON.stringify(answer)}`);
    expect(CODES).toContain(answer.code);
    expect(answer.message.length).toBeGreaterThan(10);
    return answer;
  };

  describe(`${name} as a metric provider`, () => {
    test('data is a value with its text', async () => {
      const { provider, answered } = subject();
      const value = await provider.measure(answered, { signal: new AbortController().signal, nowMs: NOW_MS });
      expect(value.kind).toBe('value');
      expect(value.text).not.toBe('');
    });

    test('no data is no value', async () => {
      const { provider, empty } = subject();
      const value = await provider.measure(empty, { signal: new AbortController().signal, nowMs: NOW_MS });
      expect(value.kind).toBe('no-data');
    });

    test('what the system refuses is an error', () => failureOf(subject().refused));

    test('a system that is not there is an error', async () => {
      expect((await failureOf(subject().unreachable)).code).toBe('unreachable');
    });

    test('ends when it is aborted', async () => {
      const stop = new AbortController();
      const failure = failureOf(subject().silent, stop.signal);
      stop.abort();
      await failure;
      await failureOf(subject().answered, stop.signal);
    });

    test('no secret is told', async () => {
      const { query, secret } = subject().indiscreet;
      const failure = await failureOf(query);
      expect(`${failure.message} ${failure.stack} ${JSON.stringify(failure)} ${String(failure.cause)}`).not.toContain(secret);
      expect(JSON.stringify(subject().provider.describe?.(query) ?? {})).not.toContain(secret);
    });
  });
}
