/** What one process knows of a canary Ingress between two looks: whether others have changed it, and since when its weight has stood there. */
import { isDeepStrictEqual } from 'node:util';
import { annotations } from '../../../api/names.ts';
import type { DesiredRoutes } from '../../../core/rollout/routes.ts';
import { type CanaryOwner, isCanaryKey, ownKeys } from './canary-ingress.ts';
import type { Ingress } from './ingress-object.ts';

export interface Carried {
  readonly desired: DesiredRoutes;
  readonly ingress: Ingress;
  /** Versions of it that are known to be older: a cache may show them still. */
  readonly outdated: readonly string[];
  /** key -> value of the annotations that are ours */
  readonly annotations: Readonly<Record<string, string>>;
  /** When the weight was written, as it says itself; undefined where it does not. */
  readonly stamp: string | undefined;
  /** When this process has first seen that. */
  readonly seenMs: number;
}

export function carriedBy(
  ingress: Ingress,
  {
    owner,
    prefix,
    desired,
    before,
    older,
    nowMs,
  }: {
    readonly owner: CanaryOwner;
    readonly prefix: string;
    readonly desired: DesiredRoutes;
    readonly before: Carried | undefined;
    /** What it was before: in the cache, and when it was written. */
    readonly older: readonly (Ingress | undefined)[];
    readonly nowMs: number;
  },
): Carried {
  const stamp = ingress.metadata.annotations?.[annotations.weightedAt];
  const isSame = before !== undefined && before.ingress.metadata.uid === ingress.metadata.uid;
  const keys = new Set(ownKeys(ingress, owner, prefix));
  const seen = [before?.ingress, ...older].map((one) => one?.metadata.resourceVersion);
  const passed = [...(isSame ? before.outdated : []), ...seen];
  const { resourceVersion } = ingress.metadata;
  return {
    desired,
    ingress,
    outdated: [...new Set(passed.filter((version) => version !== undefined && version !== resourceVersion))].slice(
      -mostOutdated,
    ) as string[],
    annotations: only(ingress.metadata.annotations, (key) => keys.has(key)),
    stamp,
    seenMs: isSame && before.stamp === stamp ? before.seenMs : nowMs,
  };
}

const mostOutdated = 16;

/** The cache may lag behind what this process itself has written. */
export function newest(cached: Ingress | undefined, carried: Carried | undefined): Ingress | undefined {
  const { resourceVersion, uid } = cached?.metadata ?? {};
  if (carried === undefined || resourceVersion === undefined || carried.ingress.metadata.uid !== uid) return cached;
  return carried.outdated.includes(resourceVersion) ? carried.ingress : cached;
}

/** Whether someone else has changed what is ours since; edits of the user's own Ingress, which the canary follows, are none. */
export function isReasserted(before: Carried, found: Ingress | undefined, prefix: string): boolean {
  if (found === undefined) return true;
  const isOurs = (key: string) => Object.hasOwn(before.annotations, key) || isCanaryKey(key, prefix);
  const present = only(found.metadata.annotations, isOurs);
  return !isDeepStrictEqual(before.ingress.spec, found.spec) || !isDeepStrictEqual(before.annotations, present);
}

function only(worn: Readonly<Record<string, string>> | undefined, isMeant: (key: string) => boolean) {
  return Object.fromEntries(Object.entries(worn ?? {}).filter(([key]) => isMeant(key)));
}

/** When the weight counts as taken; clocks of other processes may be ahead of this one. 0 where nobody knows that it is young. */
export function settlesAtMs(
  { metadata }: Ingress,
  carried: Carried | undefined,
  { propagationMs, now }: { readonly propagationMs: number; readonly now: () => number },
): number {
  const stamp = metadata.annotations?.[annotations.weightedAt];
  const writtenMs = Date.parse(stamp ?? '');
  if (Number.isNaN(writtenMs)) return 0;
  const seenMs = carried?.ingress.metadata.uid === metadata.uid && carried?.stamp === stamp ? carried?.seenMs : undefined;
  return Math.min(writtenMs, seenMs ?? now()) + propagationMs;
}
