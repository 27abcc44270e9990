/** What names, labels and annotations the API server takes. */
import type { ObjectMeta, Resource } from '../../api/kubernetes.ts';

const label = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const named: ReadonlySet<string> = new Set(['/services', '/namespaces']);

/** Undefined where the name is fine. */
export function nameMistake({ group, plural }: Resource, name: string): string | undefined {
  const isLabel = named.has(`${group}/${plural}`);
  if (isLabel ? label.test(name) && name.length <= 63 : subdomain.test(name) && name.length <= 253) return undefined;
  const kind = isLabel ? 'RFC 1123 label' : 'RFC 1123 subdomain';
  return `metadata.name: Invalid value: "${name}": a lowercase ${kind} must consist of lower case alphanumeric characters, '-' or '.'`;
}

const qualifiedName = /^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

export function metadataMistakes({ labels = {}, annotations = {} }: ObjectMeta): readonly string[] {
  const badKeys = (map: Readonly<Record<string, string>>, field: string): readonly string[] =>
    Object.keys(map)
      .filter((key) => !qualifiedName.test(key))
      .map(
        (key) => `metadata.${field}: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.'`,
      );
  const badValues = Object.values(labels).filter((value) => !labelValue.test(value));
  return [
    ...badKeys(labels, 'labels'),
    ...badKeys(annotations, 'annotations'),
    ...badValues.map(
      (value) =>
        `metadata.labels: Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.'`,
    ),
  ];
}
