/** The figures beside their budgets, for people and for machines. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Undefined where the budget speaks of another size of fleet. */
  readonly budget: number | undefined;
  /** What the incumbent was measured to need, in the same unit. */
  readonly incumbent?: number;
  /** What it took here and now without a controller in between, in the same unit. */
  readonly floor?: number;
}

export function reportLines(figures: readonly Figure[]): readonly string[] {
  const rows = figures.map(({ name, value, unit, budget, incumbent, floor }) => [
    name,
    `${round(value)} ${unit}`,
    budget === undefined ? '' : `<= ${round(budget)}`,
    budget === undefined ? '' : value <= budget ? 'met' : 'MISSED',
    incumbent === undefined ? '' : `${round(value / incumbent)} of the incumbent's ${round(incumbent)}`,
    floor === undefined ? '' : `${round(value / floor)} of ${round(floor)}`,
  ]);
  const header = ['what', 'measured', 'budget', '', 'ratio', 'the floor here'];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
