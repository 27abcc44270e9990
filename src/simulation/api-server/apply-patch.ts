/**
 * Server-side apply: who manages which fields, from the first apply of an object on. A manager's fields that its next apply leaves out go,
 * unless somebody else has them too; another's value is taken only by force. Items of lists are told apart by the keys that strategic
 * patches know.
 */
import type { KubeObject } from '../../api/kubernetes.ts';
import { isMap, type Json, sameJson } from './json.ts';
import { mergeKeys } from './merge-patch.ts';

/** path as text -> value */
type Leaves = Map<string, Json>;

/** manager -> the paths it has */
type Owners = Map<string, Set<string>>;

/** Whoever wrote before anybody applied. */
const before = 'before-first-apply';
const separator = '\u0000';

export class FieldManagers {
  /** uid -> who manages what; only of objects that were ever applied */
  readonly #owners = new Map<string, Owners>();

  /** What applying the body makes of the object, or `conflict` where another manager has a field with another value. */
  merged(object: KubeObject, body: Json, manager: string, force: boolean): KubeObject | 'conflict' {
    const owners = this.#ownersOf(object);
    const wanted = leavesOf(body);
    const present = leavesOf(object);
    if (!force && [...wanted].some(([path, value]) => isAnothers(owners, manager, path) && !sameJson(present.get(path), value)))
      return 'conflict';
    let next: Json = object;
    for (const path of owners.get(manager) ?? []) {
      const isKept = [...wanted.keys()].some((one) => one === path || one.startsWith(`${path}${separator}`));
      if (!isKept && !isAnothers(owners, manager, path)) next = withoutPath(next, path.split(separator));
    }
    return appliedOn(next, body, '') as KubeObject;
  }

  /** The body was applied: it is the manager's now, and nobody else's where the value has changed. */
  applied(old: KubeObject | undefined, object: KubeObject, body: Json, manager: string): void {
    const owners = old === undefined ? new Map() : this.#ownersOf(old);
    const wanted = leavesOf(body);
    const present = old === undefined ? new Map() : leavesOf(old);
    for (const [name, paths] of owners) {
      if (name === manager) continue;
      for (const [path, value] of wanted) if (paths.has(path) && !sameJson(present.get(path), value)) paths.delete(path);
    }
    owners.set(manager, new Set(wanted.keys()));
    this.#owners.set(object.metadata.uid ?? '', owners);
  }

  /** Somebody wrote without applying: what changed is theirs. */
  wrote(old: KubeObject, now: KubeObject, actor: string): void {
    const owners = this.#owners.get(old.metadata.uid ?? '');
    if (owners === undefined) return;
    const [past, present] = [leavesOf(old), leavesOf(now)];
    const own = owners.get(actor) ?? new Set<string>();
    for (const [path, value] of present) {
      if (sameJson(past.get(path), value)) continue;
      for (const paths of owners.values()) paths.delete(path);
      own.add(path);
    }
    for (const path of past.keys()) if (!present.has(path)) for (const paths of owners.values()) paths.delete(path);
    owners.set(actor, own);
  }

  #ownersOf(object: KubeObject): Owners {
    const uid = object.metadata.uid ?? '';
    const known = this.#owners.get(uid);
    if (known !== undefined) return known;
    const made: Owners = new Map([[before, new Set(leavesOf(object).keys())]]);
    this.#owners.set(uid, made);
    return made;
  }
}

function isAnothers(owners: Owners, manager: string, path: string): boolean {
  return [...owners].some(([name, paths]) => name !== manager && paths.has(path));
}

const notManaged: ReadonlySet<string> = new Set(['apiVersion', 'kind']);
const managedMetadata: ReadonlySet<string> = new Set(['labels', 'annotations', 'ownerReferences', 'finalizers']);

function leavesOf(object: Json): Leaves {
  const leaves: Leaves = new Map();
  if (!isMap(object)) return leaves;
  for (const [key, value] of Object.entries(object)) {
    if (notManaged.has(key)) continue;
    if (key !== 'metadata') collect(value, key, key, leaves);
    else if (isMap(value))
      for (const [field, member] of Object.entries(value))
        if (managedMetadata.has(field)) collect(member, `metadata${separator}${field}`, field, leaves);
  }
  return leaves;
}

function collect(value: Json, path: string, field: string, leaves: Leaves): void {
  if (isMap(value) && Object.keys(value).length > 0) {
    for (const [key, member] of Object.entries(value)) collect(member, `${path}${separator}${key}`, key, leaves);
    return;
  }
  const key = Array.isArray(value) ? listKey(field, value) : undefined;
  if (key === undefined) leaves.set(path, value);
  else
    for (const item of value as Readonly<Record<string, Json>>[])
      collect(item, `${path}${separator}[${key}=${String(item[key])}]`, '', leaves);
}

function listKey(field: string, items: readonly Json[]): string | undefined {
  if (items.length === 0) return undefined;
  return mergeKeys[field]?.find((key) => items.every((item) => isMap(item) && item[key] !== undefined));
}

function appliedOn(target: Json, body: Json, field: string): Json {
  if (Array.isArray(body)) {
    const key = listKey(field, body);
    if (key === undefined || !Array.isArray(target)) return body;
    const result: Json[] = [...target];
    for (const item of body as Readonly<Record<string, Json>>[]) {
      const index = result.findIndex((one) => isMap(one) && one[key] === item[key]);
      if (index === -1) result.push(item);
      else result[index] = appliedOn(result[index], item, '');
    }
    return result;
  }
  if (!isMap(body)) return body;
  const result: Record<string, Json> = { ...(isMap(target) ? target : {}) };
  for (const [key, member] of Object.entries(body)) result[key] = appliedOn(result[key], member, key);
  return result;
}

function withoutPath(value: Json, path: readonly string[]): Json {
  const [token = '', ...rest] = path;
  if (Array.isArray(value)) {
    const [, key = '', name = ''] = /^\[([^=]+)=(.*)\]$/s.exec(token) ?? [];
    const items = value.map((item) =>
      isMap(item) && String(item[key]) === name && rest.length > 0 ? withoutPath(item, rest) : item,
    );
    return items.filter(
      (item) =>
        !(
          isMap(item) &&
          String(item[key]) === name &&
          (rest.length === 0 || Object.keys(item).every((one) => one === key && rest[0] === key))
        ),
    );
  }
  if (!isMap(value) || value[token] === undefined) return value;
  const result: Record<string, Json> = { ...value };
  const next = rest.length === 0 ? undefined : withoutPath(value[token], rest);
  if (next === undefined || (isMap(next) && Object.keys(next).length === 0)) delete result[token];
  else result[token] = next;
  return result;
}
