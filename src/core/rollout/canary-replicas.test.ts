import { describe, expect, it } from 'vitest';
import { boundsFor, moveReplicas, type Side, splitReplicas } from './canary-replicas.ts';

describe('splitReplicas', () => {
  it.each([
    { replicas: 10, weight: 5, surge: true, split: '1+10' },
    { replicas: 3, weight: 50, surge: true, split: '2+2' },
    { replicas: 1, weight: 50, surge: true, split: '1+1' },
    { replicas: 10, weight: 5, surge: false, split: '1+9' },
    { replicas: 3, weight: 50, surge: false, split: '2+1' },
    { replicas: 1, weight: 50, surge: false, split: '1+0' },
    { replicas: 1, weight: 20, surge: false, split: '0+1' },
    { replicas: 2, weight: 75, surge: false, split: '1+1' },
    { replicas: 5, weight: 90, surge: false, split: '4+1' },
    { replicas: 10, weight: 95, surge: false, split: '9+1' },
    { replicas: 25, weight: 98, surge: false, split: '24+1' },
    { replicas: 10, weight: 0, surge: true, split: '0+10' },
    { replicas: 10, weight: 100, surge: true, split: '10+0' },
    { replicas: 10, weight: 10, surge: true, split: '1+9' },
    { replicas: 2, weight: 50, surge: true, split: '1+1' },
    { replicas: 4, weight: 1, surge: true, split: '1+4' },
    { replicas: 0, weight: 50, surge: true, split: '0+0' },
  ])('$replicas pods at $weight with surge $surge: $split', ({ replicas, weight, surge, split }) => {
    const { canary, stable } = splitReplicas(replicas, weight, 100, surge);
    expect(`${canary}+${stable}`).toBe(split);
  });

  it('reads the weight as a part of maxTrafficWeight', () => {
    expect(splitReplicas(10, 500, 1000, true)).toEqual({ canary: 5, stable: 5 });
  });
});

describe('boundsFor', () => {
  it.each([
    { replicas: 10, surge: undefined, unavailable: undefined, bounds: [3, 2] },
    { replicas: 4, surge: '25', unavailable: '25', bounds: [1, 1] },
    { replicas: 4, surge: '100%', unavailable: 0, bounds: [4, 0] },
    { replicas: 10, surge: 0, unavailable: 0, bounds: [0, 1] },
    { replicas: 3, surge: 0, unavailable: '25%', bounds: [0, 1] },
    { replicas: 0, surge: '25%', unavailable: '25%', bounds: [0, 1] },
  ])('$replicas pods, $surge, $unavailable', ({ replicas, surge, unavailable, bounds }) => {
    const { maxSurge, maxUnavailable } = boundsFor(replicas, surge, unavailable);
    expect([maxSurge, maxUnavailable]).toEqual(bounds);
  });
});

describe('moveReplicas: worked numbers of a canary that never gets available', () => {
  const full = (replicas: number) => splitReplicas(replicas, 100, 100, true);
  const move = (replicas: number, surge: number | string, unavailable: number | string, canary: Side, stable: Side) => {
    const sizes = moveReplicas(boundsFor(replicas, surge, unavailable), full(replicas), { canary, stable, older: [] });
    return `${sizes.canary}+${sizes.stable}`;
  };
  const bad = (size: number): Side => ({ size, available: 0 });
  const good = (size: number): Side => ({ size, available: size });

  it('4 pods, surge 100 %: 7 at once, scaled to 8: 11', () => {
    expect(move(4, '100%', '25%', bad(0), good(4))).toBe('4+3');
    expect(move(8, '100%', '25%', bad(4), good(3))).toBe('8+3');
  });

  it('4 pods, surge 2: 6, scaled to 8: 10, scaled back to 4: 6', () => {
    expect(move(4, 2, 0, bad(0), good(4))).toBe('2+4');
    expect(move(8, 2, 0, bad(2), good(4))).toBe('6+4');
    expect(move(4, 2, 0, bad(6), good(4))).toBe('2+4');
  });

  it('drains older ReplicaSets first, those pods that are not available at once', () => {
    const bounds = boundsFor(4, 1, 0);
    const sizes = moveReplicas(
      bounds,
      { canary: 2, stable: 2 },
      { canary: good(1), stable: good(2), older: [{ size: 3, available: 2 }] },
    );
    expect(sizes).toEqual({ canary: 1, stable: 2, older: [1] });
  });

  it('takes dead pods of an aborted canary away though an older ReplicaSet must stay, or stable could never come back', () => {
    const bounds = boundsFor(2, 1, 0);
    const older = [good(1)];
    const sizes = moveReplicas(bounds, { canary: 0, stable: 2 }, { canary: bad(1), stable: good(1), older });
    expect(sizes).toEqual({ canary: 0, stable: 1, older: [1] });
    expect(moveReplicas(bounds, { canary: 0, stable: 2 }, { canary: bad(0), stable: good(1), older })).toMatchObject({ stable: 2 });
  });
});
