/** Objects for programs: JSON, YAML or their names, as kubectl gives them. */
import { stringify } from 'yaml';
import type { KubeObject } from '../../api/kubernetes.ts';

export type ObjectFormat = 'json' | 'yaml' | 'name';

/** One object, or a List of several where `asList`. */
export function objectsText(objects: readonly KubeObject[], format: ObjectFormat, asList: boolean): string {
  if (format === 'name') return objects.map((object) => `${nameOf(object)}\n`).join('');
  const shown = objects.map(withoutManagedFields);
  const value = asList ? { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: shown } : shown[0];
  return format === 'json'
    ? `${JSON.stringify(value, null, 4)}\n`
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** `rollout.argoproj.io/shop` */
function nameOf({ apiVersion = '', kind = '', metadata }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${apiVersion.slice(0, slash)}`;
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata as KubeObject['metadata'] & { readonly managedFields?: unknown };
  return { ...object, metadata };
}
