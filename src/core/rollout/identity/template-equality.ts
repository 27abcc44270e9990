/**
 * Whether two pod templates mean the same to Kubernetes: after its defaults, whatever way quantities are written, and without what a
 * controller of Rollouts adds to a ReplicaSet's template by itself. It is what keeps an upgrade or a takeover from re-rolling a fleet.
 */
import type { PodTemplate } from '../../../api/kubernetes.ts';
import { labels } from '../../../api/names.ts';
import type { EphemeralMetadata } from './ephemeral-metadata.ts';
import { compileWriter, type Fields, isFields, quantityWriter } from './go-writer.ts';
import { kubernetesDefaults } from './kubernetes-defaults.ts';
import { podTemplateFields } from './pod-template-fields.generated.ts';
import { quantityInMilli } from './quantity.ts';

/** Quantities of one size are equal: `1`, `1000m` and `1e0`. */
const quantityBySize = quantityWriter((value) => quantityInMilli(value)?.toString());

/** To Kubernetes an absent list and an empty one are equal. */
const fieldsWithoutEmptyLists = Object.fromEntries(
  Object.entries(podTemplateFields).map(([struct, fields]) => [struct, fields.replaceAll(/!:(\[\]|\{\})/g, ':$1')]),
);

const meaning = compileWriter(fieldsWithoutEmptyLists, 'PodTemplateSpec', {
  complete: { ...kubernetesDefaults, Affinity: withoutInjectedTerms },
  plain: { '@Quantity': quantityBySize },
});

/** template object -> its meaning when nothing ephemeral is taken off. */
const remembered = new WeakMap<PodTemplate, string>();

/**
 * True if the templates mean the same. `ephemeral`: what the controller itself put on one of them, disregarded on both. The objects must
 * not be changed afterwards: their meaning is remembered.
 */
export function templatesEqual(a: PodTemplate, b: PodTemplate, ephemeral?: EphemeralMetadata): boolean {
  return a === b || meaningOf(a, ephemeral) === meaningOf(b, ephemeral);
}

function meaningOf(template: PodTemplate, ephemeral: EphemeralMetadata | undefined): string {
  const known = ephemeral === undefined ? remembered.get(template) : undefined;
  if (known !== undefined) return known;
  const metadata = {
    labels: without(template.metadata?.labels, [labels.podTemplateHash, ...Object.keys(ephemeral?.labels ?? {})]),
    annotations: without(template.metadata?.annotations, Object.keys(ephemeral?.annotations ?? {})),
  };
  const spec = isFields(template.spec) ? withoutEmptyAffinity(template.spec) : {};
  const text = meaning.write({ metadata, spec }) ?? '';
  if (ephemeral === undefined) remembered.set(template, text);
  return text;
}

function without(map: unknown, keys: readonly string[]): Fields {
  return isFields(map) ? Object.fromEntries(Object.entries(map).filter(([key]) => !keys.includes(key))) : {};
}

/** Affinity that says nothing, perhaps because only injected terms were in it, is as good as none. */
function withoutEmptyAffinity(spec: Fields): Fields {
  const affinity = isFields(spec.affinity) ? withoutInjectedTerms(spec.affinity) : undefined;
  const says = affinity !== undefined && Object.values(affinity).some((part) => isFields(part));
  return says ? spec : { ...spec, affinity: undefined };
}

/** `antiAffinity` of a strategy adds terms against the hash of the other ReplicaSet. */
function withoutInjectedTerms(affinity: Fields): Fields {
  const anti = affinity.podAntiAffinity;
  if (!isFields(anti)) return affinity;
  const kept: Record<string, unknown> = {};
  for (const [name, terms] of Object.entries(anti)) {
    const own = Array.isArray(terms) ? terms.filter((term) => !isInjected(term)) : [];
    if (own.length > 0) kept[name] = own;
  }
  const { podAntiAffinity, ...rest } = affinity;
  return Object.keys(kept).length > 0 ? { ...rest, podAntiAffinity: kept } : rest;
}

function isInjected(term: unknown): boolean {
  if (!isFields(term)) return false;
  const target = isFields(term.podAffinityTerm) ? term.podAffinityTerm : term;
  const selector = target.labelSelector;
  const expressions: unknown = isFields(selector) ? selector.matchExpressions : undefined;
  return Array.isArray(expressions) && expressions.some((one) => isFields(one) && one.key === labels.podTemplateHash);
}
