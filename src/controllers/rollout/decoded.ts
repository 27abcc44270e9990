/**
 * A Rollout of the store as the rest may trust it: what does not fit the schema is left out and named. Objects of the store are never
 * changed, so each is decoded once, and what is derived from its parts (hashes) is kept with them.
 */
import { type DecodedSpec, decodeRollout } from '../../api/decode.ts';
import type { Rollout } from '../../api/rollout.ts';

type Decoded = ReturnType<typeof decodeRollout>;

/** object of the store, or what one decoded to -> what it decodes to */
const decoded = new WeakMap<Rollout, Decoded>();

/** spec of an object of the store -> what it decodes to: later versions of the object share it, hashes of its template included. */
const specs = new WeakMap<object, DecodedSpec>();

/** Never throws. What it gave may be given to it again. */
export function decodeOnce(stored: Rollout): Decoded {
  const known = decoded.get(stored);
  if (known !== undefined) return known;
  // What came from the API server may be anything.
  const spec: unknown = stored.spec;
  const isObject = typeof spec === 'object' && spec !== null;
  const knownSpec = isObject ? specs.get(spec) : undefined;
  const result = decodeRollout(stored, knownSpec);
  if (isObject && knownSpec === undefined) specs.set(spec, specOf(result));
  decoded.set(stored, result);
  decoded.set(result.rollout, result);
  return result;
}

function specOf({ rollout, problems }: Decoded): DecodedSpec {
  return { spec: rollout.spec, problems: problems.filter(({ path }) => /^spec(?![\w-])/.test(path)) };
}
