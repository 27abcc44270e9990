/**
 * A Rollout of the store as the rest may trust it: what does not fit the schema is left out and named. Objects of the store are never
 * changed, so each is decoded once, and what is derived from its parts (hashes) is kept with them.
 */
import { decodeRollout } from '../../api/decode.ts';
import type { Rollout } from '../../api/rollout.ts';

type Decoded = ReturnType<typeof decodeRollout>;

/** object of the store, or what one decoded to -> what it decodes to */
const decoded = new WeakMap<Rollout, Decoded>();

/** Never throws. What it gave may be given to it again. */
export function decodeOnce(stored: Rollout): Decoded {
  const known = decoded.get(stored);
  if (known !== undefined) return known;
  const result = decodeRollout(stored);
  decoded.set(stored, result);
  decoded.set(result.rollout, result);
  return result;
}
