/**
 * JSON text exactly as Go's encoding/json writes it: strings escaped for HTML, maps in the byte order of their keys. Hashes that other
 * programs made are taken over this text, so not one byte may differ.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes
const needsEscape = /["\\<>&\u0000-\u001f\u2028\u2029\ud800-\udfff]/;
const htmlUnsafe = /[<>&\u2028\u2029]/g;
const surrogate = /[\ud800-\udfff]/;

/** A string with its quotes. Lone surrogates become U+FFFD, as they do when Go reads them. */
export function goString(text: string): string {
  if (!needsEscape.test(text)) return `"${text}"`;
  const quoted = JSON.stringify(surrogate.test(text) ? text.toWellFormed() : text);
  return quoted.replace(htmlUnsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The keys of a map in the order in which Go writes them: by their UTF-8 bytes. */
export function sortedKeys(map: object): string[] {
  const keys = Object.keys(map);
  return keys.some((key) => surrogate.test(key))
    ? keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    : keys.sort();
}

/** Any JSON value as the API server stores it: keys sorted at every depth. Integers beyond 2^53 lose digits, as in every JSON.parse. */
export function goValue(value: unknown): string {
  if (typeof value === 'string') return goString(value);
  if (typeof value === 'boolean') return String(value);
  // Go and JavaScript both write the shortest digits that read back, and turn to exponents at the same sizes.
  if (typeof value === 'number') return Number.isFinite(value) ? (Object.is(value, -0) ? '-0' : String(value)) : 'null';
  if (Array.isArray(value)) return `[${value.map(goValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return 'null';
  const map = value as Readonly<Record<string, unknown>>;
  return `{${sortedKeys(map)
    .map((key) => `${goString(key)}:${goValue(map[key])}`)
    .join(',')}}`;
}
