/**
 * Kubernetes quantities in the form in which Go's resource.Quantity writes them back: `0.001` is `1m`, `1024Mi` is `1Gi`. Follows that
 * library down to the cases in which it keeps the text it was given, since hashes are taken over the result.
 */

type Format = 'decimal' | 'binary' | 'exponent';

interface Suffix {
  /** Power of ten for `decimal` and `exponent`, of two for `binary`. */
  readonly exponent: number;
  readonly format: Format;
}

const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** text -> what a suffix means. */
const suffixes: ReadonlyMap<string, Suffix> = new Map([
  ...decimalSuffixes.map((text, i): [string, Suffix] => [text, { exponent: (i - 3) * 3, format: 'decimal' }]),
  ...binarySuffixes.slice(1).map((text, i): [string, Suffix] => [text, { exponent: (i + 1) * 10, format: 'binary' }]),
]);

/** No two parts of it can take the same characters: what does not fit is known after one look. */
const syntax = /^([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[eEinumkKMGTP]+[+-]?[0-9]*)?)$/;
/** Longer ones are nobody's; their numbers would take for ever to be shortened. */
const longestText = 1000;
const nano = 1_000_000_000n;
const maxInt64 = (1n << 63n) - 1n;
/** Above this an exponent is nonsense, and its number would fill the memory. */
const maxExponent = 1000;

interface Parsed {
  readonly text: string;
  readonly negative: boolean;
  /** Digits of the number without its point and leading zeros; `decimals` of them behind the point. */
  readonly digits: string;
  readonly decimals: number;
  readonly suffix: Suffix;
  readonly quick: boolean;
}

/**
 * The canonical text of a quantity as JSON carries it (string or number); undefined where Go would refuse it.
 */
export function canonicalQuantity(value: unknown): string | undefined {
  const parsed = parse(value);
  if (parsed === undefined) return undefined;
  if (parsed.quick && keepsItsText(parsed)) return parsed.text;
  const size = nanoUnits(parsed);
  if (size === 0n) return '0';
  return written(parsed.negative ? -size : size, size, parsed.suffix.format);
}

/** The size of a quantity in thousandths, rounded away from zero as the API server rounds resources; undefined where Go would refuse it. */
export function quantityInMilli(value: unknown): bigint | undefined {
  const parsed = parse(value);
  if (parsed === undefined) return undefined;
  const size = divideUp(nanoUnits(parsed), 1_000_000n);
  return parsed.negative ? -size : size;
}

function parse(value: unknown): Parsed | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : undefined;
  if (text === undefined || text === '' || text.length > longestText) return undefined;
  const match = syntax.exec(text);
  if (match === null) return undefined;
  const [, sign = '', integer = '', fraction = '', suffixText = ''] = match;
  const whole = integer.replace(/^0+/, '');
  const suffix = readSuffix(suffixText);
  if (suffix === undefined) return undefined;
  const digits = `${whole === '' ? '0' : whole}${fraction}`;
  const quick = fitsInt64(digits, fraction.length, suffix);
  // The library reads no digits at all as zero on its quick way only.
  if (!quick && integer + fraction === '') return undefined;
  return { text, negative: sign === '-', digits, decimals: fraction.length, suffix, quick };
}

function readSuffix(text: string): Suffix | undefined {
  const known = suffixes.get(text);
  if (known !== undefined) return known;
  if (!/^[eE][+-]?[0-9]+$/.test(text)) return undefined;
  const exponent = Number(text.slice(1));
  return Math.abs(exponent) <= maxExponent ? { exponent, format: 'exponent' } : undefined;
}

/** Whether the library reads it without big numbers. */
function fitsInt64(digits: string, decimals: number, suffix: Suffix): boolean {
  if (suffix.format !== 'binary') return digits.length <= 18 && suffix.exponent - decimals >= -9;
  return decimals === 0 && 15 - digits.length - Math.trunc(Math.fround(suffix.exponent * 3) / 10) - 1 >= 0;
}

/** The library's short cut: what looks canonical to it is written back as it came, a leading `+` or zero included. */
function keepsItsText({ digits, decimals, suffix }: Parsed): boolean {
  if (suffix.format === 'binary') return Number(digits) % 8 !== 0;
  return (suffix.exponent - decimals) % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0');
}

/** The size in units of 10^-9, rounded away from zero, and capped for binary suffixes as the library caps it. */
function nanoUnits({ digits, decimals, suffix }: Parsed): bigint {
  const number = BigInt(digits);
  if (suffix.format === 'binary') {
    const size = divideUp(number * (1n << BigInt(suffix.exponent)) * nano, 10n ** BigInt(decimals));
    return size > maxInt64 * nano ? maxInt64 * nano : size;
  }
  const scale = suffix.exponent - decimals + 9;
  return scale >= 0 ? number * 10n ** BigInt(scale) : divideUp(number, 10n ** BigInt(-scale));
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function written(signed: bigint, size: bigint, format: Format): string {
  if (format === 'binary' && size % nano === 0n && size >= 1024n * nano) {
    const [amount, times] = takeFactors(signed / nano, 1024n);
    return `${amount}${binarySuffixes[times] ?? ''}`;
  }
  const [bare, times] = takeFactors(signed, 10n);
  const exponent = times - 9;
  const spare = ((exponent % 3) + 3) % 3;
  const amount = bare * 10n ** BigInt(spare);
  const thousands = (exponent - spare) / 3;
  if (format === 'exponent') return thousands === 0 ? `${amount}` : `${amount}e${thousands * 3}`;
  return `${amount}${decimalSuffixes[thousands + 3] ?? ''}`;
}

/** Divides as often as it goes: [what is left, how often]. */
function takeFactors(value: bigint, factor: bigint): [bigint, number] {
  let rest = value;
  let times = 0;
  while (rest % factor === 0n) {
    rest /= factor;
    times++;
  }
  return [rest, times];
}
