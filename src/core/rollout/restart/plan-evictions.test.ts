import { describe, expect, it } from 'vitest';
import { planEvictions, type RestartablePod } from './plan-evictions.ts';

const restartMs = 10_000;

/** `o` old and available, `x` old and not, `n` new and available, `s` new and still starting. */
function pods(owner: string, letters: string): readonly RestartablePod[] {
  return [...letters].map((letter, index) => ({
    name: `${owner}${index}`,
    owner,
    createdMs: 'ox'.includes(letter) ? restartMs - 1000 : restartMs,
    isAvailable: 'on'.includes(letter),
  }));
}

function plan(sides: Readonly<Record<string, string>>, mostMissing: number, sizes: Readonly<Record<string, number>> = {}) {
  const owners = Object.keys(sides).map((uid) => ({ uid, name: uid, size: sizes[uid] ?? sides[uid]?.length ?? 0 }));
  const all = Object.entries(sides).flatMap(([owner, letters]) => pods(owner, letters));
  const { left, now } = planEvictions({ owners, bornBeforeMs: restartMs, mostMissing }, all);
  return { left, now: now.map(({ name }) => name) };
}

describe('a round of a restart', () => {
  it.each([
    ['one of three', { a: 'ooo' }, 1, { left: 3, now: ['a0'] }],
    ['as many as may be missing', { a: 'oooo' }, 3, { left: 4, now: ['a0', 'a1', 'a2'] }],
    ['none while a replacement starts', { a: 'oos' }, 1, { left: 2, now: [] }],
    ['the next once it is available', { a: 'oon' }, 1, { left: 2, now: ['a0'] }],
    ['those first that serve nobody', { a: 'oxo' }, 1, { left: 3, now: ['a1'] }],
    ['no more of those at a time either', { a: 'xxx' }, 2, { left: 3, now: ['a0', 'a1'] }],
    ['a pod that fails beside them holds the others back', { a: 'xoo' }, 1, { left: 3, now: ['a0'] }],
    ['the second waits for the first', { a: 'nns', b: 'oo' }, 1, { left: 2, now: [] }],
    ['the first does not wait for the second', { a: 'oo', b: 'sss' }, 1, { left: 2, now: ['a0'] }],
    ['room that the first leaves goes to the second', { a: 'no', b: 'oo' }, 2, { left: 3, now: ['a1', 'b0'] }],
    ['nothing is left', { a: 'nn', b: 'ns' }, 1, { left: 0, now: [] }],
    ['no pods at all', {}, 1, { left: 0, now: [] }],
  ] as const)('%s', (_, sides, most, expected) => {
    expect(plan(sides, most)).toEqual(expected);
  });

  it('counts pods that are not there yet as missing', () => {
    expect(plan({ a: 'oo' }, 1, { a: 3 })).toEqual({ left: 2, now: [] });
    expect(plan({ a: 'oo' }, 2, { a: 3 })).toEqual({ left: 2, now: ['a0'] });
  });
});
