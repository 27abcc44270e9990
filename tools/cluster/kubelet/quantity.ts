/** Kubernetes quantities (`250m`, `64Mi`, `1e3`) as numbers: only what resourceFieldRef needs. */
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value in base units (cores, bytes). Throws on text that is not a quantity. */
export function parseQuantity(text: string): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)$/.exec(text.trim());
  const factor = suffixes[match?.[2] ?? ''];
  if (match === null || factor === undefined) throw new Error(`"${text}" is not a quantity`);
  return Number(match[1]) * factor;
}

/** The whole number of divisors in a quantity, rounded up, as resourceFieldRef shows it. */
export function inUnitsOf(quantity: string, divisor: string | undefined): string {
  const unit = divisor === undefined || divisor === '0' ? 1 : parseQuantity(divisor);
  return String(Math.ceil(Number((parseQuantity(quantity) / unit).toPrecision(15))));
}
