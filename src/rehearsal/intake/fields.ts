/** Reading and filling plain objects of which nothing is certain. */
import type { KubeObject } from '../../api/kubernetes.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsAt(value: unknown, ...path: readonly string[]): Fields | undefined {
  let found: unknown = value;
  for (const part of path) found = isFields(found) ? found[part] : undefined;
  return isFields(found) ? found : undefined;
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const last = path.at(-1);
  const found = last === undefined ? undefined : fieldsAt(value, ...path.slice(0, -1))?.[last];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly Fields[] {
  const last = path.at(-1);
  const found = last === undefined ? undefined : fieldsAt(value, ...path.slice(0, -1))?.[last];
  return Array.isArray(found) ? found.filter(isFields) : [];
}

/** The object with these fields in its spec. */
export function withSpec<T extends KubeObject>(object: T, spec: Fields): T {
  return { ...object, spec: { ...fieldsAt(object, 'spec'), ...spec } };
}

export function namespaceOf({ metadata }: KubeObject): string {
  return metadata.namespace ?? '';
}
