/** What PromQL is evaluated over: series of points, and the values that come of them. */
import type { Matcher } from './promql-parse.ts';

export type Labels = Readonly<Record<string, string>>;

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Series {
  readonly labels: Labels;
  /** After the first moment up to the second, oldest first. */
  readonly points: (afterMs: number, untilMs: number) => readonly Point[];
  /** When its target was not there any more. */
  readonly endedAtMs: number | undefined;
}

export interface SeriesSource {
  /** `name` is empty where the selector names none. */
  select(name: string, matchers: readonly Matcher[]): readonly Series[];
}

export interface VectorItem {
  readonly labels: Labels;
  readonly value: number;
}

export interface MatrixItem {
  readonly labels: Labels;
  readonly points: readonly Point[];
  readonly rangeMs: number;
  readonly endMs: number;
}

export type Value =
  | { readonly type: 'scalar'; readonly value: number }
  | { readonly type: 'vector'; readonly items: readonly VectorItem[] }
  | { readonly type: 'matrix'; readonly items: readonly MatrixItem[] };

export function withoutName({ __name__: _name, ...labels }: Labels): Labels {
  return labels;
}
