/** The smallest JSON merge patch (RFC 7386) that turns one value into another. Lists are replaced whole, as the format demands. */
import { isEqual } from '../core/rollout/quiet.ts';

type Json = Readonly<Record<string, unknown>>;

/** Undefined where nothing differs; keys that `to` leaves out or holds as undefined are removed. Never looks into keys that neither knows. */
export function mergeDiff(from: Json, to: Json): Json | undefined {
  let patch: Record<string, unknown> | undefined;
  for (const side of [from, to]) {
    for (const key of Object.keys(side)) {
      // What both have was compared on the first side.
      if (side === to && from[key] !== undefined) continue;
      const difference = differenceOf(from[key], to[key]);
      if (difference === undefined) continue;
      patch ??= {};
      patch[key] = difference;
    }
  }
  return patch;
}

/** What a patch says for it: null where it goes, undefined where nothing differs. */
function differenceOf(before: unknown, after: unknown): unknown {
  if (isMap(before) && isMap(after)) return mergeDiff(before, after);
  if (isEqual(before, after)) return undefined;
  return after === undefined ? null : after;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
