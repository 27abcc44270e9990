/**
 * Keeps ReplicaSets, and with them their pods, dressed for their roles. First the ReplicaSet, in one patch with a note of the keys that its
 * pods may still lack; then the pods, beside the workers; then the note is taken off. A crash anywhere in between is gone on from.
 */
import { annotations } from '../../../api/names.ts';
import type { Effect } from '../decision.ts';
import { isFields } from '../identity/go-writer.ts';
import { type DressOrder, retryAtMs } from '../pod-orders.ts';
import type { Member, Situation } from '../situation.ts';
import { redress } from './injected-template.ts';
import { injectionFor, isCurrent } from './injection.ts';

interface Keys {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

/** Nothing for an invalid spec: what it says of metadata is not obeyed, and what is worn stays. */
export function dressEffects(situation: Situation): readonly Effect[] {
  if (situation.frozen) return [];
  return members(situation).flatMap((member) => {
    const { replicaSet, name, uid } = member;
    const spec = isCurrent(situation, member) ? situation.rollout.spec.template : undefined;
    const change = redress(replicaSet, injectionFor(situation, member), spec);
    const noted = change === undefined ? noteLeft(situation, member) : noteFor(member, union(keysBehind(member), change));
    if (change === undefined && noted === undefined) return [];
    const worn = { ...change?.notes, ...(noted !== undefined && { [annotations.podsToChange]: noted }) };
    const template = change?.template;
    return [
      {
        kind: 'dress-replica-set' as const,
        name,
        uid,
        annotations: worn,
        ...(template !== undefined && Object.keys(template).length > 0 && { template }),
      },
    ];
  });
}

/** For the pods that may lack what their ReplicaSets have, once those are seen by their controller: no pod is made from the old template then. */
export function dressOrders(situation: Situation): readonly DressOrder[] {
  const { observed, nowMs } = situation;
  return members(situation).flatMap((member): readonly DressOrder[] => {
    const { replicaSet, uid, name } = member;
    const keys = keysBehind(member);
    const { generation = 0 } = replicaSet.metadata;
    if (keys === undefined || hasNoPods(member) || (replicaSet.status?.observedGeneration ?? 0) < generation) return [];
    const { labels, annotations: notes } = replicaSet.spec.template.metadata ?? {};
    const wanted = {
      labels: Object.fromEntries(keys.labels.map((key) => [key, labels?.[key] ?? null])),
      annotations: Object.fromEntries(keys.annotations.map((key) => [key, notes?.[key] ?? null])),
    };
    const id = idOf(member);
    const token = JSON.stringify(wanted);
    const report = observed.podReports?.get(id);
    const isTried = report?.token === token && (report.outcome === 'done' || nowMs < retryAtMs(report));
    return [{ kind: 'dress', id, token, start: !isTried, owner: { uid, name }, selector: replicaSet.spec.selector, ...wanted }];
  });
}

/** The note on a ReplicaSet: text to write, null to take it off, undefined where it is right. */
function noteFor(member: Member, keys: Keys): string | null | undefined {
  const present = member.replicaSet.metadata.annotations?.[annotations.podsToChange];
  if (hasNoPods(member) || keys.labels.length + keys.annotations.length === 0) return present === undefined ? undefined : null;
  const text = JSON.stringify(keys);
  return text === present ? undefined : text;
}

/** The note comes off where the pods have been seen to have everything that it names, or where there are none. */
function noteLeft(situation: Situation, member: Member): string | null | undefined {
  const keys = keysBehind(member);
  if (keys === undefined) return undefined;
  const report = situation.observed.podReports?.get(idOf(member));
  const isDone = report?.outcome === 'done' && dressOrders(situation).some(({ token }) => token === report.token);
  return isDone ? null : noteFor(member, keys);
}

function members({ current, stable, older }: Situation): readonly Member[] {
  return [...new Set([current, stable, ...older])].filter((one) => one !== undefined);
}

function hasNoPods({ size, total }: Member): boolean {
  return size === 0 && total === 0;
}

function idOf({ uid }: Member): string {
  return `dress/${uid}`;
}

function keysBehind({ replicaSet }: Member): Keys | undefined {
  const text = replicaSet.metadata.annotations?.[annotations.podsToChange];
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isFields(parsed) ? { labels: texts(parsed.labels), annotations: texts(parsed.annotations) } : noKeys;
  } catch {
    return noKeys;
  }
}

const noKeys: Keys = { labels: [], annotations: [] };

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function union(a: Keys | undefined, b: Keys): Keys {
  return {
    labels: [...new Set([...(a?.labels ?? []), ...b.labels])].sort(),
    annotations: [...new Set([...(a?.annotations ?? []), ...b.annotations])].sort(),
  };
}
