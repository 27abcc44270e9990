/** Tables of Markdown, as the reference pages write them. */

/** Cells are Markdown already; a bar in one is escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

/** As code, where there is something to show. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

/** Text of angle brackets is a place for something, not a tag. */
export function codes(texts: readonly string[]): string {
  return texts.map(code).join(', ');
}
