/** What a metric provider measured: a value for the template's conditions, never a verdict. */
export type MetricValue =
  | {
      readonly kind: 'value';
      /** Bound to `result` in conditions: number, list, map or string, as the provider's row of the reference says. */
      readonly result: unknown;
      /** The same as text, for `measurement.value`. */
      readonly text: string;
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | {
      /** The provider answered and had nothing. */
      readonly kind: 'no-data';
      /** What `result` is in this case, for conditions that ask for it: an empty list or null. */
      readonly result: readonly [] | null;
      readonly text: string;
      readonly metadata?: Readonly<Record<string, string>>;
    };

/** What a metric was at a moment of the past. */
export interface PastValue {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** As `result` in conditions; an empty list where there was no data. */
  readonly result: number | readonly number[];
}
