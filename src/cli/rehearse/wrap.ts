/** Breaks text into lines between words; a word that is longer than a line is broken where the line ends. A number keeps its percent sign. */

export interface Wrapping {
  /** Characters of a line, what it begins with included. */
  readonly width: number;
  /** What the first line begins with, and what every other. */
  readonly first: string;
  readonly rest: string;
}

export function wrapped(text: string, { width, first, rest }: Wrapping): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  const end = () => {
    lines.push(line.trimEnd());
    line = rest;
    isEmpty = true;
  };
  for (const word of text.split(/ +(?!%)/).filter((one) => one !== '')) {
    let left = [...word];
    if (!isEmpty && [...line].length + 1 + left.length > width) end();
    if (!isEmpty) line += ' ';
    while ([...line].length + left.length > width) {
      const room = Math.max(1, width - [...line].length);
      line += left.slice(0, room).join('');
      left = left.slice(room);
      end();
    }
    line += left.join('');
    isEmpty = false;
  }
  if (!isEmpty) end();
  return lines;
}
