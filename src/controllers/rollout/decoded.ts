/**
 * A Rollout of the store as the rest may trust it: what does not fit the schema is left out and named. Objects of the store are never
 * changed, so each is decoded once, and what is derived from its parts (hashes) is kept with them.
 */
import { decodeRollout } from '../../api/decode.ts';
import type { Rollout } from '../../api/rollout.ts';

type Decoded = ReturnType<typeof decodeRollout>;

/** object of the store, or what one decoded to -> what it decodes to */
const decoded = new WeakMap<Rollout, Decoded>();

/** spec of an object of the store -> what it decodes to: later versions of the object share it, hashes of its template included. */
const specs = new WeakMap<Rollout['spec'], Rollout['spec']>();

/** Never throws. What it gave may be given to it again. */
export function decodeOnce(stored: Rollout): Decoded {
  const known = decoded.get(stored);
  if (known !== undefined) return known;
  const result = withSharedSpec(decodeRollout(stored), stored.spec);
  decoded.set(stored, result);
  decoded.set(result.rollout, result);
  return result;
}

/** One spec decodes to the same whatever else the object holds. What came from the API server may be anything. */
function withSharedSpec(result: Decoded, stored: unknown): Decoded {
  if (typeof stored !== 'object' || stored === null) return result;
  const key = stored as Rollout['spec'];
  const known = specs.get(key);
  if (known !== undefined) return { ...result, rollout: { ...result.rollout, spec: known } };
  specs.set(key, result.rollout.spec);
  return result;
}
