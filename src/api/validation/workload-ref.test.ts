/** References to workloads that cannot be obeyed, and what is said of them. */
import { expect, it } from 'vitest';
import type { Rollout } from '../rollout.ts';
import { validateRollout } from './rollout.ts';

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' };
const inline = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop' }] } };

function said(spec: Partial<Rollout['spec']>, annotations?: Record<string, string>): readonly string[] {
  const rollout: Rollout = {
    metadata: { name: 'shop', ...(annotations && { annotations }) },
    spec: { strategy: { canary: {} }, ...spec },
  };
  return validateRollout(rollout).map(({ path, message }) => `${path}: ${message}`);
}

it.each([
  [{ workloadRef: deployment }, []],
  [{ workloadRef: { ...deployment, scaleDown: 'progressively' } }, []],
  [{ workloadRef: { ...deployment, kind: 'ReplicaSet', scaleDown: 'never' } }, []],
  [{ workloadRef: { apiVersion: 'v1', kind: 'PodTemplate', name: 'shop' } }, []],
  [{ workloadRef: deployment, template: { metadata: {}, spec: { containers: [] } } }, []],
  [{ workloadRef: deployment, template: inline }, ['spec.template: template must be empty for workload reference rollout']],
  [
    { workloadRef: { kind: 'StatefulSet', scaleDown: 'now' }, template: inline },
    ['spec.template: template must be empty for workload reference rollout'],
  ],
  [
    { workloadRef: {} },
    [
      'spec.workloadRef.kind: must be apps/v1 Deployment, apps/v1 ReplicaSet or v1 PodTemplate, got nothing nothing',
      'spec.workloadRef.name: is required: name the object whose template is used',
    ],
  ],
  [
    { workloadRef: { ...deployment, apiVersion: 'v1' } },
    ['spec.workloadRef.apiVersion: must be apps/v1 Deployment, apps/v1 ReplicaSet or v1 PodTemplate, got "v1" "Deployment"'],
  ],
  [
    { workloadRef: { ...deployment, scaleDown: 'later' } },
    ['spec.workloadRef.scaleDown: must be never, onsuccess, progressively or absent, got "later"'],
  ],
  [
    { workloadRef: { ...deployment, kind: 'ReplicaSet', scaleDown: 'onsuccess' } },
    ['spec.workloadRef.scaleDown: can only be "onsuccess" for a Deployment; take it out'],
  ],
] as const)('%j', (spec, expected) => {
  expect(said(spec)).toEqual(expected);
});

it('a template of somebody else is not put back', () => {
  const [problem] = said({ workloadRef: deployment }, { 'rampart.dev/on-failure': 'undo' });
  expect(problem).toBe(
    'metadata.annotations["rampart.dev/on-failure"]: cannot be used with workloadRef: the template belongs to another object, which Rampart does not change',
  );
});
