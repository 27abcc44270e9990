/** JSON patches (RFC 6902), as the API server applies them: all operations or none. */
import type { JsonPatchOperation } from '../../runtime/cluster.ts';
import { isMap, type Json, sameJson } from './json.ts';

/** What is wrong with a patch: its `test` does not hold, or it names something that is not there. */
export class JsonPatchError extends Error {}

export function jsonPatched(target: Json, operations: readonly JsonPatchOperation[]): Json {
  return operations.reduce(carriedOut, target);
}

function carriedOut(target: Json, operation: JsonPatchOperation): Json {
  const path = tokens(operation.path);
  switch (operation.op) {
    case 'test':
      if (sameJson(valueAt(target, path), operation.value)) return target;
      throw new JsonPatchError(`testing value ${operation.path} failed`);
    case 'add':
      return changed(target, path, { add: operation.value });
    case 'replace':
      if (valueAt(target, path) === undefined) throw missing(operation.path);
      return changed(target, path, { replace: operation.value });
    case 'remove':
      if (valueAt(target, path) === undefined) throw missing(operation.path);
      return changed(target, path, 'remove');
    case 'move':
    case 'copy': {
      const from = tokens(operation.from ?? '');
      const value = valueAt(target, from);
      if (value === undefined) throw missing(operation.from ?? '');
      return changed(operation.op === 'move' ? changed(target, from, 'remove') : target, path, { add: value });
    }
  }
}

function tokens(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function valueAt(target: Json, path: readonly string[]): Json {
  let at: Json = target;
  for (const token of path) {
    if (Array.isArray(at)) at = at[Number(token)];
    else if (isMap(at)) at = at[token];
    else return undefined;
  }
  return at;
}

type Change = 'remove' | { readonly add: Json } | { readonly replace: Json };

function changed(target: Json, path: readonly string[], change: Change): Json {
  const [token, ...rest] = path;
  if (token === undefined) return change === 'remove' ? null : 'add' in change ? change.add : change.replace;
  if (Array.isArray(target)) return changedList(target, token, rest, change);
  if (!isMap(target)) throw missing(`/${path.join('/')}`);
  const result: Record<string, Json> = { ...target };
  if (rest.length > 0) {
    if (target[token] === undefined) throw missing(`/${path.join('/')}`);
    result[token] = changed(target[token], rest, change);
  } else if (change === 'remove') delete result[token];
  else result[token] = 'add' in change ? change.add : change.replace;
  return result;
}

function changedList(target: readonly Json[], token: string, rest: readonly string[], change: Change): Json {
  const index = token === '-' ? target.length : Number(token);
  if (!Number.isInteger(index) || index < 0 || index > target.length) throw missing(token);
  if (rest.length > 0) return target.map((item, at) => (at === index ? changed(item, rest, change) : item));
  if (change === 'remove') return target.filter((_, at) => at !== index);
  if ('add' in change) return [...target.slice(0, index), change.add, ...target.slice(index)];
  return target.map((item, at) => (at === index ? change.replace : item));
}

function missing(path: string): JsonPatchError {
  return new JsonPatchError(`the path ${path} does not exist`);
}
