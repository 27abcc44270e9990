/**
 * Replica arithmetic of a canary whose traffic follows its pods: how a weight splits into pods, and how far the ReplicaSets may move
 * towards that split at once. Never asks for more than replicas + maxSurge pods and never takes available pods below replicas -
 * maxUnavailable. Knows nothing of steps or objects.
 */

/** One ReplicaSet as counted: pods asked for, and those of them known to be available. */
export interface Side {
  readonly size: number;
  readonly available: number;
}

export interface Split {
  readonly canary: number;
  readonly stable: number;
}

/** All in pods. */
export interface Bounds {
  readonly replicas: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

export interface Sizes extends Split {
  /** In the order of `older`. */
  readonly older: readonly number[];
}

/**
 * Pods for a weight in 0..maxWeight: the pair of totals replicas or, with `canSurge`, replicas + 1 that comes nearest to it; ties go to
 * the larger canary. A weight strictly between keeps at least one pod on each side wherever there is room.
 */
export function splitReplicas(replicas: number, weight: number, maxWeight: number, canSurge: boolean): Split {
  if (replicas <= 0) return { canary: 0, stable: 0 };
  const exact = (replicas * weight) / maxWeight;
  const ceil = Math.ceil(exact);
  const floor = Math.floor(exact);
  const zeroAllowed = weight <= 0 || weight >= maxWeight || (replicas === 1 && !canSurge);
  const floorAllowed = exact - floor !== 0.5 && (floor > 0 || zeroAllowed);
  const candidates: Split[] = [];
  if (zeroAllowed || ceil < replicas) candidates.push({ canary: ceil, stable: replicas - ceil });
  if (floorAllowed) candidates.push({ canary: floor, stable: replicas - floor });
  if (canSurge) {
    candidates.push({ canary: ceil, stable: replicas + 1 - ceil });
    if (floorAllowed) candidates.push({ canary: floor, stable: replicas + 1 - floor });
  }
  const percent = (100 * weight) / maxWeight;
  let best: Split | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = Math.abs((100 * candidate.canary) / (candidate.canary + candidate.stable) - percent);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  const least = Math.max(1, floor);
  return best ?? { canary: least, stable: replicas - least };
}

/** Reads maxSurge (rounded up) and maxUnavailable (rounded down); a string is a percentage with or without its sign. */
export function boundsFor(
  replicas: number,
  maxSurge: number | string | undefined,
  maxUnavailable: number | string | undefined,
): Bounds {
  const surge = podsOf(maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = podsOf(maxUnavailable ?? '25%', replicas, Math.floor);
  return { replicas, maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

function podsOf(value: number | string, replicas: number, round: (pods: number) => number): number {
  if (typeof value === 'number') return Math.max(0, Math.trunc(value));
  const percent = Number.parseInt(value, 10);
  return Number.isFinite(percent) ? Math.max(0, round((replicas * percent) / 100)) : 0;
}

/** The next sizes on the way to `target`; calling it again with what became of them ends at the target. */
export function moveReplicas(
  bounds: Bounds,
  target: Split,
  present: { readonly canary: Side; readonly stable: Side; readonly older: readonly Side[] },
): Sizes {
  const raised = raise(bounds, target, present);
  if (present.older.some((side) => side.size > 0))
    return { ...withoutDead(target, present, raised), older: drainOlder(bounds, present) };
  return clamp(bounds, target, present, lower(bounds, target, present, raised));
}

interface Present {
  readonly canary: Side;
  readonly stable: Side;
  readonly older: readonly Side[];
}

function raise(bounds: Bounds, target: Split, { canary, stable, older }: Present): Split {
  const total = canary.size + stable.size + older.reduce((sum, side) => sum + side.size, 0);
  const budget = Math.max(0, bounds.replicas + bounds.maxSurge - total);
  const forStable = Math.min(budget, Math.max(0, target.stable - stable.size));
  const forCanary = Math.min(budget - forStable, Math.max(0, target.canary - canary.size));
  return { canary: canary.size + forCanary, stable: stable.size + forStable };
}

/** Pods beyond the target that serve nobody make room: older pods that must stay for availability would wait for ever for it. */
function withoutDead(target: Split, { canary, stable }: Present, raised: Split): Split {
  const living = (side: Side, wanted: number, size: number): number =>
    side.size > wanted ? Math.max(wanted, Math.min(side.size, side.available)) : size;
  return { canary: living(canary, target.canary, raised.canary), stable: living(stable, target.stable, raised.stable) };
}

/** Pods that are not available go at once, available ones as far as the rest suffices. */
function drainOlder(bounds: Bounds, { canary, stable, older }: Present): readonly number[] {
  const available = canary.available + stable.available + older.reduce((sum, side) => sum + side.available, 0);
  let slack = Math.max(0, available - minAvailable(bounds));
  return older.map((side) => {
    const taken = Math.min(slack, side.available);
    slack -= taken;
    return side.available - taken;
  });
}

/** Shrinks the draining side only: it counts by size, the other by what is available. */
function lower(bounds: Bounds, target: Split, { canary, stable }: Present, raised: Split): Split {
  const increasing = target.canary >= canary.size;
  const counted = increasing ? stable.size + canary.available : stable.available + canary.size;
  const surplus = Math.max(0, counted - minAvailable(bounds));
  if (increasing) {
    return stable.size > target.stable ? { ...raised, stable: Math.max(target.stable, stable.size - surplus) } : raised;
  }
  return { ...raised, canary: Math.max(target.canary, canary.size - surplus) };
}

/** Brings the total under the surge limit after the user asked for fewer pods: unavailable pods first, then what is to spare. */
function clamp(bounds: Bounds, target: Split, present: Present, sizes: Split): Sizes {
  let { canary, stable } = sizes;
  let excess = canary + stable - (bounds.replicas + bounds.maxSurge);
  const sides: ('canary' | 'stable')[] = stable > target.stable ? ['stable', 'canary'] : ['canary', 'stable'];
  const shrink = (side: 'canary' | 'stable', pods: number): void => {
    const taken = Math.max(0, Math.min(excess, pods));
    excess -= taken;
    if (side === 'canary') canary -= taken;
    else stable -= taken;
  };
  const size = (side: 'canary' | 'stable'): number => (side === 'canary' ? canary : stable);
  const available = (side: 'canary' | 'stable'): number => Math.min(present[side].available, size(side));
  for (const side of sides) shrink(side, size(side) - available(side));
  for (const side of sides) {
    const slack = available('canary') + available('stable') - minAvailable(bounds);
    shrink(side, Math.min(slack, available(side)));
  }
  return { canary, stable, older: present.older.map(() => 0) };
}

function minAvailable(bounds: Bounds): number {
  return Math.max(0, bounds.replicas - bounds.maxUnavailable);
}
