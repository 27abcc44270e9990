import { expect, test } from 'vitest';
import { invalidSpecMessage, toldTogether } from './invalid-spec.ts';

test('a few problems are told, each cut where it gets long', () => {
  const problem = { path: 'spec.strategy', message: `must be a duration, got "${'x'.repeat(1_000_000)}"` };
  const message = invalidSpecMessage(
    'shop',
    Array.from({ length: 50 }, () => problem),
  );
  expect(message).toMatch(/^The Rollout "shop" is invalid: spec\.strategy: must be a duration, got "x+\.\.\.; /);
  expect(message).toMatch(/; and 40 more$/);
  expect(message.length).toBeLessThan(11_000);
});

test('what is short is told whole', () => {
  expect(toldTogether(['a', 'b'])).toBe('a; b');
});
