/** Old ReplicaSets without pods: as many as the revision history limit stay for an undo, the oldest beyond it are deleted; none for an invalid spec. */
import { labels } from '../../api/names.ts';
import type { Effect } from './decision.ts';
import type { Situation } from './situation.ts';

export function tidyReplicaSets({ older, rollout, observed, frozen }: Situation): readonly Effect[] {
  if (frozen) return [];
  const limit = Math.max(0, rollout.spec.revisionHistoryLimit ?? 10);
  const selected = new Set([...observed.services.values()].map((service) => service.spec.selector?.[labels.podTemplateHash]));
  const excess = older.length - limit;
  if (excess <= 0) return [];
  const empty = older.filter((one) => one.size === 0 && one.total === 0 && !selected.has(one.hash));
  return empty.slice(0, excess).map(({ name, uid }) => ({ kind: 'delete-replica-set', name, uid }));
}
