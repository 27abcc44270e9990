/** The smallest JSON merge patch (RFC 7386) that turns one value into another. Lists are replaced whole, as the format demands. */

type Json = Readonly<Record<string, unknown>>;

/** Undefined where nothing differs; keys that `to` leaves out or holds as undefined are removed. Never looks into keys that neither knows. */
export function mergeDiff(from: Json, to: Json): Json | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const before = from[key];
    const after = to[key];
    if (isEqual(before, after)) continue;
    if (after === undefined) patch[key] = null;
    else patch[key] = isMap(before) && isMap(after) ? mergeDiff(before, after) : after;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isMap(a) || !isMap(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isEqual(a[key], b[key]));
}
