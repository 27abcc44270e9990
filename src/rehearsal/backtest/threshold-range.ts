/** Between which measured numbers a threshold may lie, and which of all those to name. */

/** Open at both ends. */
export interface Range {
  readonly above: number;
  readonly below: number;
}

/** Below, between and above all these numbers, in their order; without numbers there is none. */
export function gapsBetween(numbers: readonly number[]): readonly Range[] {
  const sorted = [...new Set(numbers)].sort((one, other) => one - other);
  if (sorted.length === 0) return [];
  const bounds = [Number.NEGATIVE_INFINITY, ...sorted, Number.POSITIVE_INFINITY];
  return bounds.slice(1).map((below, index) => ({ above: bounds[index] ?? Number.NEGATIVE_INFINITY, below }));
}

/** From the smallest number to the largest. */
export function spanOf(gaps: readonly Range[]): Range {
  return { above: gaps[0]?.below ?? 0, below: gaps.at(-1)?.above ?? 0 };
}

/** Well inside the range, with as few digits as that allows; where it has no end, a tenth of `span` beyond the other. */
export function withinRange({ above, below }: Range, span: Range = { above, below }): number {
  const width = span.below - span.above;
  const beyond = Number.isFinite(width) && width > 0 ? width / 10 : 1;
  const low = Number.isFinite(above) ? above : below - 2 * beyond;
  const high = Number.isFinite(below) ? below : above + 2 * beyond;
  const middle = low + (high - low) / 2;
  const margin = (high - low) / 5;
  for (let digits = 1; digits <= 15; digits++) {
    const number = Number(middle.toPrecision(digits));
    if (number > low + margin && number < high - margin) return number;
  }
  return middle;
}
