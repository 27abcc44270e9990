import { describe, expect, it } from 'vitest';
import { IpPool } from './ip-pool.ts';

describe('IpPool', () => {
  it('gives each pod one address, round and round', () => {
    const pool = new IpPool('10.244', 1, 1);
    expect(pool.take('a')).toBe('10.244.1.1');
    expect(pool.take('a')).toBe('10.244.1.1');
    expect(pool.take('b')).toBe('10.244.1.2');
    pool.release('a');
    expect(pool.take('c')).toBe('10.244.1.3');
  });

  it('gives a wanted address back to its pod if it is free and ours', () => {
    const pool = new IpPool('10.245', 1, 2);
    expect(pool.take('a', '10.245.2.9')).toBe('10.245.2.9');
    expect(pool.take('b', '10.245.2.9')).toBe('10.245.1.1');
    expect(pool.take('c', '10.244.1.7')).toBe('10.245.1.2');
    expect(pool.take('d', '10.245.3.1')).toBe('10.245.1.3');
  });

  it('never gives one address to two pods, and says when all are taken', () => {
    const pool = new IpPool('10.244', 1, 1);
    const ips = new Set(Array.from({ length: 254 }, (_, index) => pool.take(`pod-${index}`)));
    expect(ips.size).toBe(254);
    expect(() => pool.take('one more')).toThrow('all 254 pod addresses are taken');
  });
});
