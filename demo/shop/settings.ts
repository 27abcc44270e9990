/** What the shop reads from its environment, and which of its requests fail: exact counting, so that a ratio is a promise. Pure. */
export interface ShopSettings {
  readonly version: string;
  /** 0 to 1. */
  readonly errorRatio: number;
  readonly host: string;
  readonly port: number;
  readonly drainMs: number;
}

/** Version -> share of its requests that fail, where the environment does not say. */
const ratioOfVersion: Readonly<Record<string, number>> = { v3: 0.2 };

/** Throws on a number that is none. */
export function settingsFrom(env: Readonly<Record<string, string | undefined>>): ShopSettings {
  const version = env.SHOP_VERSION ?? env.IMAGE_TAG ?? 'v1';
  const errorRatio = env.SHOP_ERROR_RATIO === undefined ? (ratioOfVersion[version] ?? 0) : Number(env.SHOP_ERROR_RATIO);
  if (!(errorRatio >= 0 && errorRatio <= 1)) throw new Error(`SHOP_ERROR_RATIO must be from 0 to 1, not "${env.SHOP_ERROR_RATIO}"`);
  const port = Number(env.PORT ?? 8080);
  const drainMs = Number(env.SHOP_DRAIN_MS ?? 3000);
  if (!Number.isInteger(port) || !(drainMs >= 0)) throw new Error('PORT and SHOP_DRAIN_MS must be numbers');
  return { version, errorRatio, host: env.POD_IP ?? '0.0.0.0', port, drainMs };
}

/** True for exactly `floor(n * ratio)` of the first n requests, for every n; `nth` counts from 1. */
export function failsAt(nth: number, ratio: number): boolean {
  const failedAfter = (count: number) => Math.floor(Number((count * ratio).toFixed(9)));
  return failedAfter(nth) > failedAfter(nth - 1);
}
