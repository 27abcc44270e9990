/** The text form of an object's address, `namespace/name` (`name` for cluster-scoped objects): what queues and stores are keyed by. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { ObjectKey } from './cluster.ts';

/** Names and namespaces hold no slash, so the text is unambiguous. */
export function keyText(key: ObjectKey): string {
  return key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;
}

export function keyTextOf(object: KubeObject): string {
  return keyText(object.metadata);
}

export function parseKeyText(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
