/**
 * `antiAffinity` of a strategy: keeps pods of the new version off the nodes of the stable one, by a term that names its hash. What is
 * recognised as injected has exactly that form, so that terms of users stay, and one that an undo copied into a spec does not.
 */
import { labels } from '../../../api/names.ts';
import type { BlueGreenStrategy, CanaryStrategy } from '../../../api/rollout.ts';
import { type Fields, isFields } from '../identity/go-writer.ts';

type AntiAffinity = NonNullable<CanaryStrategy['antiAffinity'] | BlueGreenStrategy['antiAffinity']>;

const hostname = 'kubernetes.io/hostname';
const kinds = ['preferredDuringSchedulingIgnoredDuringExecution', 'requiredDuringSchedulingIgnoredDuringExecution'] as const;

/** A list of `podAntiAffinity` and what is added to it. */
export interface InjectedTerm {
  readonly kind: (typeof kinds)[number];
  readonly term: Fields;
}

/** Undefined where the strategy asks for none. `hash`: of the version that is kept clear of. */
export function injectedTerm(antiAffinity: AntiAffinity | undefined, hash: string): InjectedTerm | undefined {
  const selects = { matchExpressions: [{ key: labels.podTemplateHash, operator: 'In', values: [hash] }] };
  const term = { labelSelector: selects, topologyKey: hostname };
  const [preferred, required] = kinds;
  if (antiAffinity?.[required] !== undefined) return { kind: required, term };
  const weight = antiAffinity?.[preferred]?.weight;
  return weight === undefined ? undefined : { kind: preferred, term: { weight, podAffinityTerm: term } };
}

/** The affinity without injected terms, and with the one given; undefined where nothing is left to say. What is right already is returned as it is. */
export function withTerm(affinity: unknown, injected: InjectedTerm | undefined): unknown {
  const whole = isFields(affinity) ? affinity : {};
  const anti = isFields(whole.podAntiAffinity) ? whole.podAntiAffinity : {};
  const before = kinds.map((kind) => listOf(anti[kind]));
  if (injected === undefined && !before.flat().some(isInjected)) return affinity;
  const next = kinds.map((kind, index) => [
    kind,
    [...(before[index] ?? []).filter((term) => !isInjected(term)), ...(injected?.kind === kind ? [injected.term] : [])],
  ]);
  const lists = Object.fromEntries(next.filter(([, terms]) => (terms ?? []).length > 0));
  const { podAntiAffinity: _, ...others } = whole;
  const parts = { ...others, ...(Object.keys(lists).length > 0 && { podAntiAffinity: lists }) };
  return Object.keys(parts).length > 0 ? parts : undefined;
}

/** A merge patch that leads from one affinity to the other: what is gone is named, since a merge keeps what is not. */
export function affinityPatch(from: unknown, to: unknown): unknown {
  if (!isFields(to)) return null;
  const gone = isFields(from) ? Object.keys(from).filter((key) => to[key] === undefined) : [];
  const anti = isFields(to.podAntiAffinity)
    ? { podAntiAffinity: Object.fromEntries(kinds.map((kind) => [kind, (to.podAntiAffinity as Fields)[kind] ?? null])) }
    : {};
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...anti };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Nothing but the hash of one version, by node. */
function isInjected(term: unknown): boolean {
  if (!isFields(term)) return false;
  const target = isFields(term.podAffinityTerm) ? term.podAffinityTerm : term;
  if (target.topologyKey !== hostname || !isFields(target.labelSelector)) return false;
  const { matchExpressions, ...others } = target.labelSelector;
  const [first, ...more] = listOf(matchExpressions);
  return (
    Object.keys(others).length === 0 &&
    more.length === 0 &&
    isFields(first) &&
    first.key === labels.podTemplateHash &&
    first.operator === 'In' &&
    listOf(first.values).length === 1
  );
}
