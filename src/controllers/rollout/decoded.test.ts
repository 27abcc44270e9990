import { expect, test } from 'vitest';
import type { Rollout } from '../../api/rollout.ts';
import { decodeOnce } from './decoded.ts';

const spec = { replicas: 2, template: { spec: { containers: [] } } } as unknown as Rollout['spec'];
const rollout = (resourceVersion: string, phase: string, shared = spec): Rollout => ({
  metadata: { name: 'web', namespace: 'shop', uid: 'u', generation: 1, resourceVersion },
  spec: shared,
  status: { phase } as Rollout['status'] & object,
});

test('versions of one spec share what it decodes to, and nothing else', () => {
  const first = decodeOnce(rollout('1', 'Progressing')).rollout;
  const second = decodeOnce(rollout('2', 'Healthy')).rollout;
  expect(second.spec).toBe(first.spec);
  expect([first.status?.phase, second.status?.phase]).toEqual(['Progressing', 'Healthy']);
  expect(decodeOnce(rollout('3', 'Healthy', { ...spec, replicas: 3 })).rollout.spec.replicas).toBe(3);
});

test('what is wrong with a shared spec is told for each version', () => {
  const wrong = { replicas: 'many' } as unknown as Rollout['spec'];
  const told = ['1', '2'].map((version) => decodeOnce(rollout(version, 'Degraded', wrong)).problems.map(({ path }) => path));
  expect(told[0]).toContain('spec.replicas');
  expect(told[1]).toEqual(told[0]);
});

test('an object without a spec does not break', () => {
  const { spec: _, ...bare } = rollout('1', 'Degraded');
  expect(() => decodeOnce(bare as Rollout)).not.toThrow();
});
