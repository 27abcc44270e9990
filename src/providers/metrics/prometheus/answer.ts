/** What Prometheus answered -> a value. Numbers are kept as they are, NaN and infinities too; what is no number is an error in Prometheus' own words. */
import * as z from 'zod';
import { formatPlain } from '../../../core/analysis/condition/go-format.ts';
import type { MetricValue, PastValue } from '../../../core/analysis/metric-value.ts';
import type { HttpAnswer } from '../http/http-sender.ts';
import { MetricProviderError, type MetricProviderErrorCode } from '../metric-provider.ts';

const givesString = 'the query gives a string; write one that gives numbers';

/** Longest part of a foreign text that is shown. */
const MAX_WORDS = 500;
const NUMBER = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

const sample = z.tuple([z.number(), z.string()]);
const notes = z.array(z.string()).nullish();
/** Servers that only speak Prometheus' language may write an empty list as null. */
const orEmpty = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullable()
    .transform((list) => list ?? []);
const dataSchema = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({ resultType: z.literal('string'), result: sample }),
  z.object({ resultType: z.literal('vector'), result: orEmpty(z.object({ value: sample.optional() })) }),
  z.object({ resultType: z.literal('matrix'), result: orEmpty(z.object({ values: z.array(sample).optional() })) }),
]);
const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: dataSchema, warnings: notes, infos: notes }),
  z.object({ status: z.literal('error'), errorType: z.string().default('unknown'), error: z.string().default('') }),
]);
type Success = Extract<z.infer<typeof answerSchema>, { status: 'success' }>;

/** Throws MetricProviderError for everything but a value or no data. */
export function readAnswer(answer: HttpAnswer): MetricValue {
  const { data, ...rest } = readSuccess(answer);
  return { ...toValue(data), ...metadataOf(rest) };
}

/** Whether a query gives one number or a list, asked at one moment. Throws as `readAnswer` does. */
export function readShape(answer: HttpAnswer): 'scalar' | 'vector' | 'matrix' {
  const { data } = readSuccess(answer);
  if (data.resultType === 'string') throw new MetricProviderError('bad-query', givesString);
  return data.resultType;
}

/** What the query gave at each moment of a range that had data, in the order of time. Throws as `readAnswer` does. */
export function readRange(answer: HttpAnswer, shape: 'scalar' | 'vector'): readonly PastValue[] {
  const { data } = readSuccess(answer);
  if (data.resultType !== 'matrix') throw new MetricProviderError('bad-answer', 'Prometheus answered a range with no range');
  const found = new Map<number, number[]>();
  for (const { values } of data.result) {
    for (const [seconds, text] of values ?? noNumber()) {
      const atMs = Math.round(seconds * 1000);
      const numbers = found.get(atMs);
      if (numbers === undefined) found.set(atMs, [toNumber(text)]);
      else numbers.push(toNumber(text));
    }
  }
  const times = [...found].sort(([one], [other]) => one - other);
  return times.map(([atMs, numbers]) => ({ atMs, result: shape === 'scalar' ? (numbers[0] ?? Number.NaN) : numbers }));
}

function readSuccess({ status, body }: HttpAnswer): Success {
  const parsed = answerSchema.safeParse(parseJson(body));
  if (parsed.success && parsed.data.status === 'error') throw refused(status, parsed.data.errorType, parsed.data.error);
  if (status === 401 || status === 403) throw refused(status, 'unauthorized', words(body));
  if (status < 200 || status > 299)
    throw new MetricProviderError(codeOf(status, ''), `Prometheus answered with HTTP ${status}: ${words(body)}`);
  if (parsed.success && parsed.data.status === 'success') return parsed.data;
  throw new MetricProviderError('bad-answer', `this is no answer of Prometheus; check the address: ${words(body)}`);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function toValue(data: Success['data']): MetricValue {
  switch (data.resultType) {
    case 'scalar': {
      const value = toNumber(data.result[1]);
      return { kind: 'value', result: value, text: formatPlain(value) };
    }
    case 'vector':
      return toList(data.result.map(({ value }) => (value === undefined ? noNumber() : toNumber(value[1]))));
    case 'matrix':
      return toList(
        data.result.flatMap(({ values }) => (values === undefined ? noNumber() : values.map(([, value]) => toNumber(value)))),
      );
    case 'string':
      throw new MetricProviderError('bad-query', givesString);
  }
}

function toList(numbers: readonly number[]): MetricValue {
  if (numbers.length === 0) return { kind: 'no-data', result: [], text: '[]' };
  return { kind: 'value', result: numbers, text: `[${numbers.map(formatPlain).join(',')}]` };
}

function noNumber(): never {
  throw new MetricProviderError(
    'bad-query',
    'the query gives native histograms; take a number of them, as histogram_quantile does',
  );
}

function toNumber(text: string): number {
  if (NUMBER.test(text)) return Number(text);
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  throw new MetricProviderError('bad-answer', `Prometheus answered with ${JSON.stringify(text.slice(0, 40))}, which is no number`);
}

function metadataOf({ warnings, infos }: Pick<Success, 'warnings' | 'infos'>): { metadata?: Readonly<Record<string, string>> } {
  const entries = Object.entries({ warnings, infos }).filter(([, list]) => (list?.length ?? 0) > 0);
  if (entries.length === 0) return {};
  return { metadata: Object.fromEntries(entries.map(([name, list]) => [name, (list ?? []).join('; ').slice(0, MAX_WORDS)])) };
}

function refused(status: number, type: string, error: string): MetricProviderError {
  const code = codeOf(status, type);
  if (code === 'unauthorized')
    return new MetricProviderError(
      code,
      `Prometheus refused to answer (HTTP ${status}); check the metric's authentication: ${words(error)}`,
    );
  return new MetricProviderError(code, `${type}: ${words(error)}`);
}

function codeOf(status: number, type: string): MetricProviderErrorCode {
  if (status === 401 || status === 403) return 'unauthorized';
  if (type === 'timeout' || type === 'canceled' || status === 504) return 'timeout';
  if (type === 'bad_data' || type === 'execution' || status === 400 || status === 422) return 'bad-query';
  if (type === 'unavailable' || status === 502 || status === 503) return 'unreachable';
  return 'bad-answer';
}

function words(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return '(no text)';
  return line.length > MAX_WORDS ? `${line.slice(0, MAX_WORDS)}...` : line;
}
