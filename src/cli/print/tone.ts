/** Colours by what they mean. Text is laid out first and painted afterwards, so that colour never moves a column. */

export type Tone = 'plain' | 'good' | 'bad' | 'busy' | 'waiting' | 'dim' | 'strong';

/** Text with a meaning. */
export interface Toned {
  readonly text: string;
  readonly tone: Tone;
}

export type Cell = string | Toned;

export type Paint = (text: string, tone: Tone) => string;

const codes: Readonly<Record<Tone, string>> = {
  plain: '',
  good: '32',
  bad: '31',
  busy: '36',
  waiting: '33',
  dim: '2',
  strong: '1',
};

export const unpainted: Paint = (text) => text;

export const painted: Paint = (text, tone) => (tone === 'plain' || text === '' ? text : `\u001b[${codes[tone]}m${text}\u001b[0m`);

export function toned(text: string, tone: Tone): Toned {
  return { text, tone };
}

export function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

export function paintCell(cell: Cell, paint: Paint, text = textOf(cell)): string {
  return typeof cell === 'string' ? text : paint(text, cell.tone);
}

/** Colour is for people at a terminal who have not said no (https://no-color.org). */
export function paintFor(
  out: { readonly isTerminal: boolean },
  environment: Readonly<Record<string, string | undefined>>,
  refused: boolean,
): Paint {
  const wanted = out.isTerminal && !refused && !environment.NO_COLOR && environment.TERM !== 'dumb';
  return wanted ? painted : unpainted;
}
