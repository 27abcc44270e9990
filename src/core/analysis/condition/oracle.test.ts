/**
 * Holds the condition language to what expr-lang 1.17 itself answers (test/fixtures/expr-lang.json, written by tools/expr-fixture.ts). Where we differ on
 * purpose, DIFFERENCES says which expression and why; a difference that is gone fails too.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compileCondition, evaluate } from './condition.ts';
import { ConditionError } from './condition-error.ts';
import { formatRfc3339 } from './go-format.ts';
import { DIFFERENCES } from './oracle-differences.ts';
import { Duration, GoEnum, Time, Timezone } from './time-value.ts';
import { isList, type Value } from './value.ts';

interface Tagged {
  readonly type: string;
  readonly value?: unknown;
}

interface Row {
  readonly expr: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly json?: boolean;
  readonly answer: { readonly error?: string; readonly value?: Tagged };
}

const rows = JSON.parse(
  readFileSync(new URL('../../../../test/fixtures/expr-lang.json', import.meta.url), 'utf8'),
) as readonly Row[];
const NOW_MS = Date.parse('2026-11-23T12:00:00Z');

function unfloat(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unfloat);
  if (value === null || typeof value !== 'object') return value;
  const text = '$float' in value ? value.$float : undefined;
  return text === 'NaN' ? Number.NaN : text === '+Inf' ? Number.POSITIVE_INFINITY : value;
}

function encodeNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? (Object.is(value, -0) ? '0' : String(value)) : value > 0 ? '+Inf' : '-Inf';
}

function encode(value: Value): Tagged {
  if (value === null) return { type: 'nil' };
  if (typeof value === 'bigint') return { type: 'int', value: String(value) };
  if (typeof value === 'number') return { type: 'float', value: encodeNumber(value) };
  if (typeof value === 'boolean') return { type: 'bool', value: String(value) };
  if (typeof value === 'string') return { type: 'string', value };
  if (isList(value)) return { type: 'array', value: value.map(encode) };
  if (value instanceof Time) return { type: 'time', value: formatRfc3339(value) };
  if (value instanceof Duration) return { type: 'duration', value: String(value.ns) };
  if (value instanceof GoEnum) return { type: 'int', value: String(value.number) };
  if (value instanceof Timezone) return { type: 'timezone', value: value.name };
  const entries = [...value].map(([key, item]) => [encode(key), encode(item)] as const);
  return { type: 'map', value: entries.sort(([left], [right]) => (String(left.value) < String(right.value) ? -1 : 1)) };
}

/** The oracle's floats are written by Go; ours by JavaScript: read both. */
function comparable(tagged: Tagged): unknown {
  if (tagged.type === 'float')
    return { type: 'float', value: encodeNumber(Number(String(tagged.value).replace('Inf', 'Infinity'))) };
  if (tagged.type === 'array') return { type: 'array', value: (tagged.value as readonly Tagged[]).map(comparable) };
  if (tagged.type !== 'map') return tagged;
  const entries = (tagged.value ?? []) as readonly (readonly [Tagged, Tagged])[];
  return { type: 'map', value: entries.map(([key, item]) => [comparable(key), comparable(item)]) };
}

function ask(row: Row): unknown {
  const compiled = compileCondition(row.expr);
  if (compiled instanceof ConditionError) return 'error';
  const values = Object.fromEntries(Object.entries(row.env ?? {}).map(([name, value]) => [name, unfloat(value)]));
  const answer = evaluate(compiled, { values, nowMs: NOW_MS, lists: row.json ? 'json' : 'measured' });
  return answer instanceof ConditionError ? 'error' : comparable(encode(answer));
}

const title = (row: Row): string => `${JSON.stringify(row.expr)} with ${JSON.stringify(row.env ?? {})}`;

describe('against expr-lang 1.17', () => {
  test('the fixture is all there', () => expect(rows.length).toBeGreaterThan(1700));

  test('answers as it does', () => {
    const differing = new Set<string>();
    const wrong = rows.flatMap((row) => {
      const wanted = row.answer.value === undefined ? 'error' : comparable(row.answer.value);
      const found = ask(row);
      if (JSON.stringify(found) === JSON.stringify(wanted)) return [];
      differing.add(row.expr);
      if (DIFFERENCES.has(row.expr)) return [];
      return [`${title(row)}\n   wanted ${JSON.stringify(wanted)} ${row.answer.error ?? ''}\n   found  ${JSON.stringify(found)}`];
    });
    expect(wrong.join('\n')).toBe('');
    expect([...differing].sort()).toEqual([...DIFFERENCES.keys()].sort());
  }, 60_000);
});
