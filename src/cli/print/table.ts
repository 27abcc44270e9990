/** Columns as kubectl aligns them: as wide as their widest cell, three spaces apart, no spaces at the end of a line. */
import { type Cell, type Paint, paintCell, textOf } from './tone.ts';

const gap = 3;

export function table(header: readonly string[], rows: readonly (readonly Cell[])[], paint: Paint): string {
  return aligned([header, ...rows], paint);
}

/** Without a header. */
export function aligned(rows: readonly (readonly Cell[])[], paint: Paint): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => widthOf(textOf(row[column] ?? '')))));
  return rows.map((row) => `${line(row, widths, paint)}\n`).join('');
}

function line(row: readonly Cell[], widths: readonly number[], paint: Paint): string {
  const last = row.findLastIndex((cell) => textOf(cell) !== '');
  return row
    .slice(0, last + 1)
    .map((cell, column) => {
      const padding = column === last ? 0 : (widths[column] ?? 0) - widthOf(textOf(cell)) + gap;
      return `${paintCell(cell, paint)}${' '.repeat(padding)}`;
    })
    .join('');
}

/** Characters, not code units. */
function widthOf(text: string): number {
  return [...text].length;
}
