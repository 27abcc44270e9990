import { describe, expect, it, test } from 'vitest';
import type { ReplicaSet } from '../../api/kubernetes.ts';
import type { Rollout } from '../../api/rollout.ts';
import { podTemplateHash } from '../../core/rollout/identity/pod-template-hash.ts';
import { imageChanges, readWantedImage } from './set-image.ts';
import { undo } from './undo.ts';

const revision = (number: number, image: string, more: object = {}): ReplicaSet =>
  ({
    metadata: { name: `shop-${number}`, annotations: { 'rollout.argoproj.io/revision': String(number) } },
    spec: {
      selector: {},
      template: {
        metadata: { labels: { app: 'shop', 'rollouts-pod-template-hash': `h${number}` } },
        spec: { containers: [{ name: 'web', image }], ...more },
      },
    },
  }) as ReplicaSet;

const rollout = (spec: object = {}) =>
  ({ metadata: { name: 'shop', annotations: { 'rollout.argoproj.io/revision': '3' } }, spec }) as Rollout;
const three = [revision(2, 'shop:2'), revision(3, 'shop:3'), revision(1, 'shop:1')];
const template = (image: string) => ({ metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image }] } });

describe('undo', () => {
  it('is the revision before the newest, whatever order they come in', () => {
    expect(undo(rollout(), three, 0)).toEqual({
      revision: 2,
      patch: [{ op: 'replace', path: '/spec/template', value: template('shop:2') }],
    });
  });

  it('is the revision that is asked for', () => {
    expect(undo(rollout(), three, 1)).toMatchObject({ revision: 1, patch: [{ value: template('shop:1') }] });
  });

  it.each([
    ['Deployment', '/spec/template'],
    ['ReplicaSet', '/spec/template'],
    ['PodTemplate', '/template'],
  ])('is written where a %s has its template', (kind, path) => {
    const ref = { workloadRef: { apiVersion: 'v1', kind, name: 'shop' } };
    expect(undo(rollout(ref), three, 0)).toMatchObject({ patch: [{ path }] });
  });

  it.each([
    [three, 3, 'revision 3 is the one in its spec'],
    [three, 7, 'there is no revision 7; there is 3, 2, 1'],
    [[revision(3, 'shop:3')], 0, 'there is only revision 3'],
    [[], 0, 'it has no revision yet'],
  ])('%# cannot be', (replicaSets, to, refused) => {
    expect(undo(rollout(), replicaSets, to)).toEqual({ refused });
  });
});

it('leaves behind what a controller put into the template, and finds the same ReplicaSet again', () => {
  const hash = 'rollouts-pod-template-hash';
  const against = {
    labelSelector: { matchExpressions: [{ key: hash, operator: 'In', values: ['old'] }] },
    topologyKey: 'kubernetes.io/hostname',
  };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [against] } };
  const dressed = revision(2, 'shop:2', { affinity });
  const { metadata, spec } = dressed;
  const worn = {
    ...metadata.annotations,
    'rollout.argoproj.io/ephemeral-metadata': JSON.stringify({ labels: { role: 'canary' } }),
  };
  const labels = { ...spec.template.metadata?.labels, role: 'canary' };
  const one = {
    ...dressed,
    metadata: { ...metadata, annotations: worn },
    spec: { ...spec, template: { ...spec.template, metadata: { labels } } },
  };
  const found = undo(rollout(), [one, revision(3, 'shop:3')], 0);
  if ('refused' in found) throw new Error(found.refused);
  const value = found.patch[0]?.value as ReturnType<typeof template>;
  expect(podTemplateHash(value)).toBe(podTemplateHash(template('shop:2')));
});

describe('set-image', () => {
  const pods = {
    spec: {
      containers: [
        { name: 'web', image: 'shop:1' },
        { name: 'log', image: 'log:1' },
      ],
      initContainers: [{ name: 'init', image: 'shop:1' }],
    },
  };

  it('changes the containers that are named, wherever they are', () => {
    const wanted = [
      { container: 'init', image: 'shop:2' },
      { container: 'log', image: 'log:1' },
    ];
    expect(imageChanges(pods, '/spec/template', wanted)).toEqual({
      changes: [{ container: 'init', from: 'shop:1', to: 'shop:2' }],
      patch: [
        { op: 'test', path: '/spec/template/spec/initContainers/0/name', value: 'init' },
        { op: 'add', path: '/spec/template/spec/initContainers/0/image', value: 'shop:2' },
      ],
    });
  });

  it('changes all by a star', () => {
    expect(imageChanges(pods, '/template', [{ container: '*', image: 'x:9' }])).toMatchObject({
      changes: [{ container: 'web' }, { container: 'log' }, { container: 'init' }],
    });
  });

  it('names the containers that there are', () => {
    expect(imageChanges(pods, '/template', [{ container: 'wbe', image: 'x:9' }])).toEqual({
      refused: 'there is no container wbe; there is web, log, init',
    });
  });
});

test.each([
  ['web=shop:2', { container: 'web', image: 'shop:2' }],
  ['web=registry/shop@sha256:a=b', { container: 'web', image: 'registry/shop@sha256:a=b' }],
  ['web=', undefined],
  ['=shop', undefined],
  ['web', undefined],
])('%s is %o', (text, expected) => {
  expect(readWantedImage(text)).toEqual(expected);
});
