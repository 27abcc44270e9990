/** JSON merge patches (RFC 7386) and strategic merge patches, as far as Kubernetes' own kinds are patched with them. */
import { isMap, type Json, type JsonMap } from './json.ts';

export function mergePatched(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const base = isMap(target) ? target : {};
  let result: Record<string, Json> | undefined;
  for (const [key, change] of Object.entries(patch)) {
    if (change === undefined) continue;
    const before = base[key];
    const after = change === null ? undefined : mergePatched(before, change);
    if (after === before && key in base) continue;
    result ??= { ...base };
    if (after === undefined) delete result[key];
    else result[key] = after;
  }
  return result ?? base;
}

/** field -> the keys of its items, for lists that merge; lists of other fields are replaced whole. Fields of one name merge alike in all kinds here. */
export const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  conditions: ['type'],
  ownerReferences: ['uid'],
  ports: ['containerPort', 'port'],
};

/** Lists of plain values that merge as sets. */
const mergedSets: ReadonlySet<string> = new Set(['finalizers']);

/** Knows `$patch: delete` and `replace`, and `$deleteFromPrimitiveList/`; orders of lists (`$setElementOrder`) are taken as they come. */
export function strategicPatched(target: Json, patch: Json, field = ''): Json {
  if (Array.isArray(patch)) return patchedList(Array.isArray(target) ? target : [], patch, field);
  if (!isMap(patch)) return patch;
  if (patch.$patch === 'replace') return without(patch, '$patch');
  const result: Record<string, Json> = { ...(isMap(target) ? target : {}) };
  for (const [key, change] of Object.entries(patch)) {
    if (key.startsWith('$setElementOrder/') || key === '$patch' || key === '$retainKeys') continue;
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const name = key.slice(key.indexOf('/') + 1);
      const gone = Array.isArray(change) ? change : [];
      const present = result[name];
      if (Array.isArray(present)) result[name] = present.filter((item) => !gone.includes(item));
    } else if (change === null) delete result[key];
    else result[key] = strategicPatched(result[key], change, key);
  }
  return result;
}

function patchedList(target: readonly Json[], patch: readonly Json[], field: string): Json {
  if (mergedSets.has(field)) return [...new Set([...target, ...patch])];
  const key = keyOf(field, [...patch, ...target]);
  if (key === undefined) return patch;
  let result = [...target];
  for (const change of patch) {
    if (!isMap(change)) continue;
    const index = result.findIndex((item) => isMap(item) && item[key] === change[key]);
    if (change.$patch === 'delete') result = result.filter((_, at) => at !== index);
    else if (index === -1) result.push(change);
    else result[index] = strategicPatched(result[index], change, field);
  }
  return result;
}

function keyOf(field: string, items: readonly Json[]): string | undefined {
  return mergeKeys[field]?.find((key) => items.some((item) => isMap(item) && item[key] !== undefined));
}

function without(map: JsonMap, key: string): JsonMap {
  const { [key]: _gone, ...rest } = map;
  return rest;
}
