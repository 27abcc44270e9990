/** The functions of PromQL that analyses are written with; others are refused by name. */
import type { Evaluation } from './promql-evaluate.ts';
import { type Expression, PromqlError } from './promql-parse.ts';
import { type Labels, type MatrixItem, type Value, type VectorItem, withoutName } from './series.ts';

type Evaluate = (expression: Expression, context: Evaluation) => Value;

const overTime: Readonly<Record<string, (item: MatrixItem) => number | undefined>> = {
  rate: (item) => extrapolated(item, true, true),
  increase: (item) => extrapolated(item, true, false),
  delta: (item) => extrapolated(item, false, false),
  irate: instantRate,
  avg_over_time: ({ points }) => points.reduce((sum, { value }) => sum + value, 0) / points.length,
  sum_over_time: ({ points }) => points.reduce((sum, { value }) => sum + value, 0),
  min_over_time: ({ points }) => Math.min(...points.map(({ value }) => value)),
  max_over_time: ({ points }) => Math.max(...points.map(({ value }) => value)),
  count_over_time: ({ points }) => points.length,
  last_over_time: ({ points }) => points.at(-1)?.value,
};

const plain: Readonly<Record<string, (value: number, ...more: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  sqrt: Math.sqrt,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  round: (value, to = 1) => Math.round(value / to) * to,
  clamp_min: (value, least = Number.NEGATIVE_INFINITY) => Math.max(value, least),
  clamp_max: (value, most = Number.POSITIVE_INFINITY) => Math.min(value, most),
  clamp: (value, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY) => Math.min(Math.max(value, least), most),
};

export function callFunction(name: string, args: readonly Expression[], context: Evaluation, evaluate: Evaluate): Value {
  const given = args.map((arg) => evaluate(arg, context));
  const [first, second] = given;
  const range = overTime[name];
  if (range !== undefined) return mapMatrix(first, range, name);
  const compute = plain[name];
  if (compute !== undefined) {
    const more = given.slice(1).map(scalarOf);
    return mapVector(first, (value) => compute(value, ...more), name);
  }
  switch (name) {
    case 'vector':
      return { type: 'vector', items: [{ labels: {}, value: scalarOf(first) }] };
    case 'scalar': {
      const items = first?.type === 'vector' ? first.items : [];
      return { type: 'scalar', value: items.length === 1 ? (items[0]?.value ?? Number.NaN) : Number.NaN };
    }
    case 'time':
      return { type: 'scalar', value: context.nowMs / 1000 };
    case 'absent':
      return { type: 'vector', items: first?.type === 'vector' && first.items.length > 0 ? [] : [{ labels: {}, value: 1 }] };
    case 'histogram_quantile':
      return { type: 'vector', items: quantiles(scalarOf(first), second?.type === 'vector' ? second.items : []) };
    default:
      throw new PromqlError(`the function ${name} is not known to the virtual Prometheus`);
  }
}

function scalarOf(value: Value | undefined): number {
  if (value?.type !== 'scalar') throw new PromqlError(`a number is needed where there is a ${value?.type ?? 'nothing'}`);
  return value.value;
}

function mapVector(value: Value | undefined, compute: (value: number) => number, name: string): Value {
  if (value?.type === 'scalar') return { type: 'scalar', value: compute(value.value) };
  if (value?.type !== 'vector') throw new PromqlError(`${name} takes a vector`);
  return { type: 'vector', items: value.items.map((item) => ({ labels: withoutName(item.labels), value: compute(item.value) })) };
}

function mapMatrix(value: Value | undefined, compute: (item: MatrixItem) => number | undefined, name: string): Value {
  if (value?.type !== 'matrix') throw new PromqlError(`${name} takes a range, as in ${name}(x[5m])`);
  const items = value.items.flatMap((item): VectorItem[] => {
    const computed = compute(item);
    return computed === undefined ? [] : [{ labels: withoutName(item.labels), value: computed }];
  });
  return { type: 'vector', items };
}

/** As Prometheus extrapolates what it has seen to the ends of the range. */
function extrapolated({ points, rangeMs, endMs }: MatrixItem, isCounter: boolean, perSecond: boolean): number | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2) return undefined;
  const change = changeOf(points, isCounter);
  const sampled = (last.atMs - first.atMs) / 1000;
  const between = sampled / (points.length - 1);
  let toStart = (first.atMs - (endMs - rangeMs)) / 1000;
  let toEnd = (endMs - last.atMs) / 1000;
  if (toStart >= between * 1.1) toStart = between / 2;
  if (isCounter && change > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / change));
  if (toEnd >= between * 1.1) toEnd = between / 2;
  const whole = change * ((sampled + toStart + toEnd) / sampled);
  return perSecond ? whole / (rangeMs / 1000) : whole;
}

function changeOf(points: MatrixItem['points'], isCounter: boolean): number {
  let change = (points.at(-1)?.value ?? 0) - (points[0]?.value ?? 0);
  if (!isCounter) return change;
  for (const [index, { value }] of points.entries()) {
    const before = points[index - 1]?.value;
    if (before !== undefined && value < before) change += before;
  }
  return change;
}

function instantRate({ points }: MatrixItem): number | undefined {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const change = last.value < before.value ? last.value : last.value - before.value;
  return change / ((last.atMs - before.atMs) / 1000);
}

function quantiles(quantile: number, items: readonly VectorItem[]): readonly VectorItem[] {
  /** other labels as text -> buckets */
  const groups = new Map<
    string,
    { readonly labels: Labels; readonly buckets: { readonly bound: number; readonly count: number }[] }
  >();
  for (const { labels, value } of items) {
    const { le, __name__: _name, ...rest } = labels;
    if (le === undefined) continue;
    const text = JSON.stringify(Object.entries(rest).sort());
    const group = groups.get(text) ?? { labels: rest as Labels, buckets: [] };
    groups.set(text, group);
    group.buckets.push({ bound: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count: value });
  }
  return [...groups.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(quantile, buckets) }));
}

function bucketQuantile(quantile: number, buckets: { readonly bound: number; readonly count: number }[]): number {
  buckets.sort((a, b) => a.bound - b.bound);
  const total = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || total === 0) return Number.NaN;
  const rank = quantile * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const found = buckets[index];
  const below = buckets[index - 1];
  if (found === undefined) return Number.NaN;
  if (!Number.isFinite(found.bound)) return below?.bound ?? Number.NaN;
  const [start, before] = [below?.bound ?? 0, below?.count ?? 0];
  return start + (found.bound - start) * ((rank - before) / (found.count - before));
}
