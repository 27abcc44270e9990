import { expect, test } from 'vitest';
import type { ReplicaSet } from '../../../api/kubernetes.ts';
import { ownTemplate } from './own-template.ts';
import { podTemplateHash } from './pod-template-hash.ts';

const hash = 'rollouts-pod-template-hash';
const against = { matchExpressions: [{ key: hash, operator: 'In', values: ['old'] }] };
const injected = { weight: 100, podAffinityTerm: { labelSelector: against, topologyKey: 'kubernetes.io/hostname' } };
const own = { weight: 1, podAffinityTerm: { labelSelector: { matchLabels: { app: 'db' } }, topologyKey: 'zone' } };
const spec = { containers: [{ name: 'web', image: 'shop:1' }] };
const written = { metadata: { labels: { app: 'shop' } }, spec };

function replicaSet(metadata: object, podSpec: object, annotations: Record<string, string> = {}): ReplicaSet {
  return { metadata: { name: 'shop-a', annotations }, spec: { selector: {}, template: { metadata, spec: podSpec } } } as ReplicaSet;
}

test('the hash goes, and nothing else of what the user wrote', () => {
  const template = { labels: { app: 'shop', [hash]: 'a' }, annotations: { team: 'web' } };
  expect(ownTemplate(replicaSet(template, spec))).toEqual({
    metadata: { labels: { app: 'shop' }, annotations: { team: 'web' } },
    spec,
  });
});

test('metadata of one side goes', () => {
  const ephemeral = JSON.stringify({ labels: { role: 'canary' }, annotations: { note: 'x' } });
  const template = { labels: { app: 'shop', role: 'canary', [hash]: 'a' }, annotations: { note: 'x' } };
  const found = ownTemplate(replicaSet(template, spec, { 'rollout.argoproj.io/ephemeral-metadata': ephemeral }));
  expect(found).toEqual(written);
});

test.each(['not json', '[]', '"text"', 'null'])('an annotation that is %s takes nothing away', (text) => {
  const found = ownTemplate(
    replicaSet({ labels: { app: 'shop', [hash]: 'a' } }, spec, { 'rollout.argoproj.io/ephemeral-metadata': text }),
  );
  expect(found).toEqual(written);
});

test('anti-affinity that was put in goes, that of the user stays', () => {
  const labels = { app: 'shop', [hash]: 'a' };
  const affinity = (...terms: object[]) => ({ podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } });
  expect(ownTemplate(replicaSet({ labels }, { ...spec, affinity: affinity(injected) }))).toEqual(written);
  expect(ownTemplate(replicaSet({ labels }, { ...spec, affinity: affinity(own, injected) })).spec).toEqual({
    ...spec,
    affinity: affinity(own),
  });
});

test('what is left has the hash of what the user wrote', () => {
  const labels = { app: 'shop', [hash]: 'a' };
  const affinity = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector: against, topologyKey: 'kubernetes.io/hostname' }],
    },
  };
  expect(podTemplateHash(ownTemplate(replicaSet({ labels }, { ...spec, affinity })))).toBe(podTemplateHash(written));
});
