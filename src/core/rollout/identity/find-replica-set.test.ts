import { expect, test } from 'vitest';
import type { PodTemplate, ReplicaSet } from '../../../api/kubernetes.ts';
import { findNewReplicaSet } from './find-replica-set.ts';
import { podTemplateHash } from './pod-template-hash.ts';

const template: PodTemplate = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'web', image: 'shop:1' }] } };
const hash = podTemplateHash(template);

function replicaSet(name: string, label: string, second: number, of = template, annotations = {}): ReplicaSet {
  const labels = { 'rollouts-pod-template-hash': label };
  const metadata = { name, labels, annotations, creationTimestamp: `2026-01-01T00:00:0${second}Z` };
  const withHash = { ...of, metadata: { ...of.metadata, labels: { ...of.metadata?.labels, ...labels } } };
  return { metadata, spec: { selector: {}, template: withHash } };
}

const other: PodTemplate = { ...template, spec: { containers: [{ name: 'web', image: 'shop:2' }] } };

test('the label wins over an equal template that is older', () => {
  const found = findNewReplicaSet(template, [replicaSet('equal', 'old-recipe', 1), replicaSet('labelled', hash, 2)], hash);
  expect(found?.metadata.name).toBe('labelled');
});

test('without the label the oldest equal template is adopted', () => {
  const sets = [replicaSet('young', 'x', 3), replicaSet('foreign', 'y', 1, other), replicaSet('old', 'z', 2)];
  expect(findNewReplicaSet(template, sets, hash)?.metadata.name).toBe('old');
});

test('the oldest of two with the label', () => {
  expect(findNewReplicaSet(template, [replicaSet('b', hash, 2), replicaSet('a', hash, 1)], hash)?.metadata.name).toBe('a');
});

test('nothing fits', () => {
  expect(findNewReplicaSet(template, [replicaSet('other', 'x', 1, other)], hash)).toBeUndefined();
  expect(findNewReplicaSet(template, [], hash)).toBeUndefined();
});

test('ephemeral metadata of the ReplicaSet is looked through; a broken annotation is not', () => {
  const worn: PodTemplate = { ...template, metadata: { labels: { app: 'a', role: 'stable' } } };
  const key = 'rollout.argoproj.io/ephemeral-metadata';
  const sets = (text: string) => [replicaSet('worn', 'x', 1, worn, { [key]: text })];
  expect(findNewReplicaSet(template, sets('{"labels":{"role":"stable"}}'), hash)?.metadata.name).toBe('worn');
  expect(findNewReplicaSet(template, sets('{'), hash)).toBeUndefined();
});
