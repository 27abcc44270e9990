/**
 * Puts arguments into metrics: every `{{args.name}}` in any text of a JSON value is replaced in a single pass, so that a value can
 * neither break out of its text nor be expanded a second time. Says which names had no value; never reads a secret itself.
 */

/** What `{{args.x}}` looks like wherever it stands; spaces around the name are allowed. */
const placeholder = /\{\{\s*args\.([^{}\s]+)\s*\}\}/g;

export interface Substituted<T> {
  readonly value: T;
  /** Names that were asked for and not given, each once, in the order of the text. */
  readonly missing: readonly string[];
  /** True where the values make more than `maxFilled` characters; what is beyond is left out. */
  readonly tooLong: boolean;
}

/** Characters that arguments may add to one JSON value: far more than any query has, far less than a process cannot hold. */
export const maxFilled = 1_000_000;

/** Fills the arguments into a JSON value; a placeholder without an argument stays as it is and is named in `missing`. */
export function substituteArguments<T>(value: T, args: ReadonlyMap<string, string>): Substituted<T> {
  const missing = new Set<string>();
  let filled = 0;
  const fill = (text: string): string =>
    text.includes('{{')
      ? text.replace(placeholder, (whole, name: string) => {
          const found = args.get(name);
          if (found === undefined) missing.add(name);
          filled += found?.length ?? 0;
          return filled > maxFilled ? '' : (found ?? whole);
        })
      : text;
  const result = mapText(value, fill) as T;
  return { value: result, missing: [...missing], tooLong: filled > maxFilled };
}

/** The names of all arguments that a JSON value asks for. */
export function argumentsUsed(value: unknown): readonly string[] {
  return substituteArguments(value, new Map()).missing;
}

function mapText(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value);
  if (Array.isArray(value)) return value.map((item) => mapText(item, fill));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [fill(key), mapText(item, fill)]));
}
