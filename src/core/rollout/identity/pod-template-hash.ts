/**
 * The name of a pod template: the value of the label `rollouts-pod-template-hash`. It must equal, to the bit, what the incumbent gives
 * to the same template, so that taking over from it restarts no pod; hence the generated table of Go's fields.
 */
import type { PodTemplate } from '../../../api/kubernetes.ts';
import { fingerprint } from './fingerprint.ts';
import { compileWriter, type Fields, isFields } from './go-writer.ts';
import { podTemplateFields } from './pod-template-fields.generated.ts';

/** The defaults that the incumbent's CRD stores into pod templates; they are hashed, so they are added where a manifest has none. */
const complete = {
  ContainerPort: (port: Fields) => ({ ...port, protocol: port.protocol ?? 'TCP' }),
  GRPCAction: (action: Fields) => ({ ...action, service: action.service ?? '' }),
  FileKeySelector: (selector: Fields) => ({ ...selector, optional: selector.optional ?? false }),
};

const hashed = compileWriter(podTemplateFields, 'PodTemplateSpec', { complete });

/** template object -> its hash without a collision count. Objects of the store are never changed, so identity is enough. */
const remembered = new WeakMap<PodTemplate, string>();

/**
 * The hash of a template as stored by the API server. Of `template.metadata` only labels and annotations count. A value of a wrong type
 * counts as absent; nothing throws. `collisionCount` is `status.collisionCount`, undefined where it is not set. The template object must
 * not be changed afterwards: its hash is remembered.
 */
export function podTemplateHash(template: PodTemplate, collisionCount?: number): string {
  if (collisionCount !== undefined) return fingerprint(podTemplateText(template), collisionTail(collisionCount));
  const known = remembered.get(template);
  if (known !== undefined) return known;
  const hash = fingerprint(podTemplateText(template));
  remembered.set(template, hash);
  return hash;
}

/** The JSON text that is hashed. */
export function podTemplateText(template: PodTemplate): string {
  const { labels, annotations } = template.metadata ?? {};
  return hashed.write({ metadata: { labels, annotations }, spec: template.spec ?? {} }) ?? '';
}

/** The count as an unsigned 32-bit number, little-endian, in eight bytes. */
function collisionTail(collisionCount: number): Uint8Array {
  const tail = new Uint8Array(8);
  new DataView(tail.buffer).setUint32(0, collisionCount >>> 0, true);
  return tail;
}

/**
 * The template without the values that no typed client could read (a text for a number, a quantity that is none): what a ReplicaSet is
 * made from, since the API server would refuse the rest. Fields newer than this program are kept. Its hash is the same unless an element of
 * a list was unreadable: the template that users wrote stays the one that is hashed.
 */
export function readableTemplate(template: PodTemplate): PodTemplate {
  const repaired = hashed.repair(template);
  return isFields(repaired) ? repaired : {};
}
