/** JSON values as the virtual API server handles them: never changed in place, so that versions of an object share what they have in common. */

export type Json = unknown;
export type JsonMap = Readonly<Record<string, Json>>;

export function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Equality of JSON values; a key with undefined counts as absent. Parts that are shared are not looked into. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (Array.isArray(b)) return false;
  const [left, right] = [a as JsonMap, b as JsonMap];
  for (const key in left) if (!sameJson(left[key], right[key])) return false;
  for (const key in right) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}

/** As JSON would carry it: without undefined; frozen, since versions share their parts. What is frozen already is taken as it is. */
export function frozenJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) return Object.freeze(value.map((item) => (item === undefined ? null : frozenJson(item)))) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) copy[key] = frozenJson(member);
  return Object.freeze(copy) as T;
}

/** The value with this member, or without it where the member is undefined. */
export function withMember(map: JsonMap, key: string, member: Json): JsonMap {
  if (map[key] === member) return map;
  if (member !== undefined) return { ...map, [key]: member };
  const { [key]: _gone, ...rest } = map;
  return rest;
}

export function memberAt(value: Json, path: readonly string[]): Json {
  let at = value;
  for (const key of path) {
    if (!isMap(at)) return undefined;
    at = at[key];
  }
  return at;
}

/** The value with this member deep inside it; maps on the way are made. */
export function withMemberAt(value: Json, path: readonly string[], member: Json): Json {
  const [key, ...rest] = path;
  if (key === undefined) return member;
  const map = isMap(value) ? value : {};
  return withMember(map, key, withMemberAt(map[key], rest, member));
}
