import { describe, expect, it } from 'vitest';
import { FairQueue } from './fair-queue.ts';

function takeAll(queue: FairQueue<string>): readonly string[] {
  const taken: string[] = [];
  for (let next = queue.take(); next !== undefined; next = queue.take()) taken.push(next.item);
  return taken;
}

function fill(queue: FairQueue<string>, lane: string, count: number): void {
  for (let index = 0; index < count; index++) queue.push(lane, `${lane}${index}`);
}

describe('the fair queue', () => {
  it('keeps the order of a line, and lets lines take turns', () => {
    const queue = new FairQueue<string>(10);
    fill(queue, 'a', 3);
    fill(queue, 'b', 2);
    expect(takeAll(queue)).toEqual(['a0', 'b0', 'a1', 'b1', 'a2']);
    expect([queue.taken, queue.waiting]).toEqual([5, 0]);
  });

  it('leaves the others half of what is left, however many lines hang', () => {
    const queue = new FairQueue<string>(200);
    for (const lane of 'abcdef') fill(queue, lane, 1000);
    const held = new Map<string, number>();
    for (const item of takeAll(queue)) held.set(item.charAt(0), (held.get(item.charAt(0)) ?? 0) + 1);
    expect(Math.max(...held.values())).toBeLessThanOrEqual(100);
    expect(Math.min(...held.values())).toBeGreaterThan(20);
    fill(queue, 'late', 5);
    expect(takeAll(queue).length).toBeGreaterThan(0);
  });

  it('gives one line alone half of the places', () => {
    const queue = new FairQueue<string>(200);
    fill(queue, 'a', 1000);
    expect(takeAll(queue)).toHaveLength(100);
    expect(queue.waiting).toBe(900);
    queue.release('a');
    expect(takeAll(queue)).toEqual(['a100']);
  });

  it.each([1, 2, 3])('gives everybody a turn where there are but %i places', (places) => {
    const queue = new FairQueue<string>(places);
    for (const lane of 'abc') fill(queue, lane, 2);
    const seen: string[] = [];
    for (let next = queue.take(); next !== undefined; next = queue.take()) {
      seen.push(next.item);
      expect(queue.taken).toBeLessThanOrEqual(places);
      queue.release(next.lane);
    }
    expect(seen).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'c1']);
  });
});
