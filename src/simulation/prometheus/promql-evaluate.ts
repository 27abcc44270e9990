/** Evaluates PromQL at one moment over series that somebody else has: vectors, rates, aggregations and arithmetic, as Prometheus does. */
import { callFunction } from './promql-functions.ts';
import { type Expression, type Matching, PromqlError } from './promql-parse.ts';
import { type Labels, type SeriesSource, type Value, type VectorItem, withoutName } from './series.ts';

export interface Evaluation {
  readonly source: SeriesSource;
  readonly nowMs: number;
}

/** How far back the newest value of a series counts. */
const lookbackMs = 300_000;

export function evaluate(expression: Expression, context: Evaluation): Value {
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'selector':
      return selected(expression, context);
    case 'call':
      return callFunction(expression.name, expression.args, context, evaluate);
    case 'aggregate':
      return aggregated(expression, context);
    case 'binary':
      return combined(expression, evaluate(expression.left, context), evaluate(expression.right, context));
    case 'negative': {
      const value = evaluate(expression.arg, context);
      if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
      return { type: 'vector', items: vectorOf(value).map((item) => ({ labels: withoutName(item.labels), value: -item.value })) };
    }
  }
}

export function vectorOf(value: Value): readonly VectorItem[] {
  if (value.type !== 'vector') throw new PromqlError(`a vector is needed where there is a ${value.type}`);
  return value.items;
}

function selected(
  { name, matchers, rangeMs, offsetMs }: Extract<Expression, { kind: 'selector' }>,
  { source, nowMs }: Evaluation,
): Value {
  const atMs = nowMs - offsetMs;
  const series = source.select(name, matchers);
  if (rangeMs !== undefined) {
    const items = series.map(({ labels, points }) => ({ labels, points: points(atMs - rangeMs, atMs), rangeMs, endMs: atMs }));
    return { type: 'matrix', items: items.filter(({ points }) => points.length > 0) };
  }
  const items = series.flatMap(({ labels, points, endedAtMs }): VectorItem[] => {
    if (endedAtMs !== undefined && endedAtMs <= atMs) return [];
    const last = points(atMs - lookbackMs, atMs).at(-1);
    return last === undefined ? [] : [{ labels, value: last.value }];
  });
  return { type: 'vector', items };
}

const aggregations: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  avg: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  count: (values) => values.length,
  group: () => 1,
};

function aggregated({ op, grouping, arg }: Extract<Expression, { kind: 'aggregate' }>, context: Evaluation): Value {
  const aggregate = aggregations[op];
  if (aggregate === undefined) throw new PromqlError(`the aggregation ${op} is not known to the virtual Prometheus`);
  /** labels as text -> the group */
  const groups = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
  for (const { labels, value } of vectorOf(evaluate(arg, context))) {
    const kept = keptLabels(labels, (label) =>
      grouping === undefined ? false : grouping.labels.includes(label) === (grouping.kind === 'by'),
    );
    const text = labelText(kept);
    const group = groups.get(text) ?? { labels: kept, values: [] };
    groups.set(text, group);
    group.values.push(value);
  }
  return { type: 'vector', items: [...groups.values()].map(({ labels, values }) => ({ labels, value: aggregate(values) })) };
}

function keptLabels(labels: Labels, keeps: (label: string) => boolean): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => label !== '__name__' && keeps(label)));
}

function labelText(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
};

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

type Binary = Extract<Expression, { kind: 'binary' }>;

function combined(binary: Binary, left: Value, right: Value): Value {
  if (['and', 'or', 'unless'].includes(binary.op)) return setOperation(binary, vectorOf(left), vectorOf(right));
  if (left.type === 'scalar' && right.type === 'scalar') {
    const value = result(binary, left.value, right.value);
    return { type: 'scalar', value: value ?? Number.NaN };
  }
  if (right.type === 'scalar') return each(vectorOf(left), (value) => result(binary, value, right.value), binary);
  if (left.type === 'scalar') return each(vectorOf(right), (value) => result(binary, left.value, value, value), binary);
  const key = keyFor(binary.matching);
  const others = new Map(vectorOf(right).map((item) => [key(item.labels), item.value]));
  const items = vectorOf(left).flatMap(({ labels, value }): VectorItem[] => {
    const other = others.get(key(labels));
    const next = other === undefined ? undefined : result(binary, value, other);
    return next === undefined ? [] : [{ labels: keepsName(binary) ? labels : withoutName(labels), value: next }];
  });
  return { type: 'vector', items };
}

/** Undefined where a comparison filters the value away. */
function result({ op, bool }: Binary, a: number, b: number, kept = a): number | undefined {
  const compute = arithmetic[op];
  if (compute !== undefined) return compute(a, b);
  const holds = comparisons[op]?.(a, b) === true;
  return bool ? Number(holds) : holds ? kept : undefined;
}

function keepsName({ op, bool }: Binary): boolean {
  return comparisons[op] !== undefined && !bool;
}

function each(items: readonly VectorItem[], compute: (value: number) => number | undefined, binary: Binary): Value {
  const kept = items.flatMap(({ labels, value }): VectorItem[] => {
    const next = compute(value);
    return next === undefined ? [] : [{ labels: keepsName(binary) ? labels : withoutName(labels), value: next }];
  });
  return { type: 'vector', items: kept };
}

function keyFor(matching: Matching | undefined): (labels: Labels) => string {
  return (labels) =>
    labelText(
      keptLabels(labels, (label) => matching === undefined || matching.labels.includes(label) === (matching.kind === 'on')),
    );
}

function setOperation({ op, matching }: Binary, left: readonly VectorItem[], right: readonly VectorItem[]): Value {
  const key = keyFor(matching);
  const [lefts, rights] = [new Set(left.map(({ labels }) => key(labels))), new Set(right.map(({ labels }) => key(labels)))];
  if (op === 'or') return { type: 'vector', items: [...left, ...right.filter(({ labels }) => !lefts.has(key(labels)))] };
  return { type: 'vector', items: left.filter(({ labels }) => rights.has(key(labels)) === (op === 'and')) };
}
