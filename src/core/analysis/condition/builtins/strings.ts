/** Functions on strings. Positions are counted in bytes of UTF-8 and lengths in characters, as the language has it. */
import { BOOL, INT, listOf, STRING } from '../type.ts';
import { kindOf, type Value } from '../value.ts';
import { ANY, type Builtin, type Call, evaluationFailure, LIST, TEXT, WHOLE } from './builtin.ts';

const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '');
const whole = (value: Value | undefined, otherwise: number): number => (typeof value === 'bigint' ? Number(value) : otherwise);

function onText(
  run: (subject: string, other: string, call: Call) => Value,
  result: Builtin['result'],
  other: 'needed' | 'optional' | 'none',
): Builtin {
  return {
    params: other === 'none' ? [TEXT] : [TEXT, TEXT],
    optional: other === 'optional' ? 1 : 0,
    result,
    run: (args, call) => {
      const [subject, part] = [text(args[0]), args.length > 1 ? text(args[1]) : ''];
      call.budget.step(call.at, 1 + (subject.length + part.length) / 16);
      return run(subject, part, call);
    },
  };
}

const string = () => STRING;
const strings = () => listOf(STRING);

function make(call: Call, value: string): string {
  call.budget.allocate(call.at, value.length);
  return value;
}

function trimSet(subject: string, cutset: string): string {
  if (cutset === '') return subject.trim();
  const set = new Set(cutset);
  const chars = [...subject];
  let from = 0;
  let to = chars.length;
  while (from < to && set.has(chars[from] ?? '')) from += 1;
  while (to > from && set.has(chars[to - 1] ?? '')) to -= 1;
  return chars.slice(from, to).join('');
}

/** One character to one character, as Go does it: "ß" stays. */
function mapCase(subject: string, change: (char: string) => string): string {
  return Array.from(subject, (char) => {
    const changed = change(char);
    return [...changed].length === 1 ? changed : char;
  }).join('');
}

function byteIndex(subject: string, index: number): bigint {
  return index < 0 ? -1n : BigInt(Buffer.byteLength(subject.slice(0, index)));
}

/** At most `limit` pieces, the last with the rest; negative means all, 0 none. */
function splitText(subject: string, separator: string, limit: number, call: Call): readonly string[] {
  if (limit === 0) return [];
  call.budget.search(call.at, subject.length, separator.length);
  const pieces = separator === '' ? [...subject] : subject.split(separator);
  call.budget.allocate(call.at, subject.length + pieces.length);
  if (limit < 0 || pieces.length <= limit) return pieces;
  return [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)];
}

function splitWith(after: boolean): Builtin {
  return {
    params: [TEXT, TEXT, WHOLE],
    optional: 1,
    result: strings,
    run: (args, call) => {
      const separator = text(args[1]);
      const pieces = splitText(text(args[0]), separator, whole(args[2], -1), call);
      return after ? pieces.map((piece, index) => (index < pieces.length - 1 ? piece + separator : piece)) : pieces;
    },
  };
}

function replaceText(args: readonly Value[], call: Call): string {
  const [subject, old, fresh] = [text(args[0]), text(args[1]), text(args[2])];
  const limit = whole(args[3], -1);
  call.budget.search(call.at, subject.length, old.length);
  const pieces = old === '' ? ['', ...subject, ''] : subject.split(old);
  const seams = limit < 0 ? pieces.length - 1 : Math.min(limit, pieces.length - 1);
  call.budget.allocate(call.at, subject.length + seams * fresh.length + pieces.length);
  let made = pieces[0] ?? '';
  for (const [index, piece] of pieces.slice(1).entries()) made += (index < seams ? fresh : old) + piece;
  return made;
}

function joinTexts(args: readonly Value[], call: Call): string {
  const items = Array.isArray(args[0]) ? (args[0] as readonly Value[]) : [];
  const separator = text(args[1]);
  let size = 0;
  for (const item of items) {
    if (typeof item !== 'string')
      throw evaluationFailure(call, `every item must be a string, one is of kind ${kindOf(item)}; use map(list, string(#))`);
    size += item.length + separator.length;
  }
  call.budget.allocate(call.at, size);
  return items.join(separator);
}

function repeatText(args: readonly Value[], call: Call): string {
  const [subject, times] = [text(args[0]), whole(args[1], 0)];
  if (times < 0) throw evaluationFailure(call, `the number of times must not be negative, it is ${times}`);
  call.budget.allocate(call.at, subject.length * times);
  return subject.repeat(times);
}

export const STRING_BUILTINS: Readonly<Record<string, Builtin>> = {
  trim: onText((subject, cutset, call) => make(call, trimSet(subject, cutset)), string, 'optional'),
  trimPrefix: onText((s, prefix) => (s.startsWith(prefix || ' ') ? s.slice((prefix || ' ').length) : s), string, 'optional'),
  trimSuffix: onText(
    (s, suffix) => (s.endsWith(suffix || ' ') ? s.slice(0, s.length - (suffix || ' ').length) : s),
    string,
    'optional',
  ),
  upper: onText(
    (subject, _other, call) =>
      make(
        call,
        mapCase(subject, (char) => char.toUpperCase()),
      ),
    string,
    'none',
  ),
  lower: onText(
    (subject, _other, call) =>
      make(
        call,
        mapCase(subject, (char) => char.toLowerCase()),
      ),
    string,
    'none',
  ),
  indexOf: onText(
    (subject, part, call) => {
      call.budget.search(call.at, subject.length, part.length);
      return byteIndex(subject, subject.indexOf(part));
    },
    () => INT,
    'needed',
  ),
  lastIndexOf: onText(
    (subject, part, call) => {
      call.budget.search(call.at, subject.length, part.length);
      return byteIndex(subject, subject.lastIndexOf(part));
    },
    () => INT,
    'needed',
  ),
  hasPrefix: onText(
    (subject, part) => subject.startsWith(part),
    () => BOOL,
    'needed',
  ),
  hasSuffix: onText(
    (subject, part) => subject.endsWith(part),
    () => BOOL,
    'needed',
  ),
  split: splitWith(false),
  splitAfter: splitWith(true),
  replace: { params: [TEXT, TEXT, TEXT, WHOLE], optional: 1, result: string, run: replaceText },
  repeat: { params: [TEXT, WHOLE], result: string, run: repeatText },
  join: { params: [LIST, TEXT], optional: 1, result: string, run: joinTexts },
  type: {
    params: [ANY],
    result: string,
    run: ([value = null]) => {
      const kind = kindOf(value);
      const named: Readonly<Record<string, string>> = { time: 'time.Time', duration: 'time.Duration', timezone: 'time.Location' };
      return typeof value === 'object' && value !== null && 'type' in value ? value.type : (named[kind] ?? kind);
    },
  },
};
