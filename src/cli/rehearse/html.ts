/** HTML from templates: whatever is filled in is escaped, but for markup that was made the same way. Nothing from a manifest becomes markup. */
import { plainText } from './wording.ts';

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Filling = string | number | Markup | undefined | readonly Filling[];

/** Undefined fills nothing in; lists are joined. */
export function html(parts: TemplateStringsArray, ...fillings: readonly Filling[]): Markup {
  return new Markup(parts.reduce((text, part, index) => `${text}${filled(fillings[index - 1])}${part}`));
}

function filled(filling: Filling): string {
  if (filling === undefined) return '';
  if (filling instanceof Markup) return filling.text;
  if (typeof filling === 'object') return filling.map(filled).join('');
  return escaped(plainTextKeepingSpaces(String(filling)));
}

function plainTextKeepingSpaces(text: string): string {
  return text.trim() === text ? plainText(text) : text.replace(/\S(?:.*\S)?/s, plainText);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => entities[character] ?? '');
}
