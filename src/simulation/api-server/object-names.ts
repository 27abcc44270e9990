/** What names the API server takes. */
import type { Resource } from '../../api/kubernetes.ts';

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
