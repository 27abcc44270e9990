/** The short name that Kubernetes gives to a text: FNV-1a in 32 bits, its decimal digits spelled without vowels. */

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is meant
const ascii = /^[\u0000-\u007f]*$/;

/** Fingerprint of the UTF-8 bytes of `text`, followed by `tail` where there is one. */
export function fingerprint(text: string, tail?: Uint8Array): string {
  let sum = ascii.test(text) ? addAscii(offsetBasis, text) : addBytes(offsetBasis, Buffer.from(text, 'utf8'));
  if (tail !== undefined) sum = addBytes(sum, tail);
  let name = '';
  for (const digit of String(sum >>> 0)) name += alphabet[digit.charCodeAt(0) % alphabet.length];
  return name;
}

function addAscii(start: number, text: string): number {
  let sum = start;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), prime);
  return sum;
}

function addBytes(start: number, bytes: Uint8Array): number {
  let sum = start;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, prime);
  return sum;
}
