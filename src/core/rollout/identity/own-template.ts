/**
 * The pod template of a ReplicaSet as its user wrote it: without the hash, and without the terms and the metadata that a controller of
 * Rollouts adds to one side only. Put back into a spec it finds that ReplicaSet again.
 */
import type { PodTemplate, ReplicaSet } from '../../../api/kubernetes.ts';
import { annotations, labels } from '../../../api/names.ts';
import { isFields } from './go-writer.ts';
import { type EphemeralMetadata, withoutInjectedTerms } from './template-equality.ts';

export function ownTemplate({ metadata, spec }: ReplicaSet): PodTemplate {
  const { template } = spec;
  const ephemeral = ephemeralOf(metadata.annotations?.[annotations.ephemeralMetadata]);
  const own = {
    ...template.metadata,
    labels: without(template.metadata?.labels, [labels.podTemplateHash, ...Object.keys(ephemeral.labels ?? {})]),
    annotations: without(template.metadata?.annotations, Object.keys(ephemeral.annotations ?? {})),
  };
  const kept = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && !isEmpty(value)));
  return { ...template, metadata: kept, ...(template.spec !== undefined && { spec: withOwnAffinity(template.spec) }) };
}

function withOwnAffinity(spec: NonNullable<PodTemplate['spec']>): NonNullable<PodTemplate['spec']> {
  if (!isFields(spec.affinity)) return spec;
  const own = withoutInjectedTerms(spec.affinity);
  if (own === spec.affinity) return spec;
  const { affinity: _, ...rest } = spec;
  return isEmpty(own) ? rest : { ...rest, affinity: own };
}

function ephemeralOf(text: string | undefined): EphemeralMetadata {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return isFields(value) ? (value as EphemeralMetadata) : {};
  } catch {
    return {};
  }
}

function without(map: Readonly<Record<string, string>> | undefined, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}

function isEmpty(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0;
}
