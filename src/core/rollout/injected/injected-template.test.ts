/** What is added to templates and taken off again: the user's own values always come back. */
import { describe, expect, it } from 'vitest';
import { mergePatched } from '../../../../test/support/merge-patch.ts';
import type { PodTemplate, ReplicaSet } from '../../../api/kubernetes.ts';
import { annotations, labels } from '../../../api/names.ts';
import { findNewReplicaSet } from '../identity/find-replica-set.ts';
import { podTemplateHash } from '../identity/pod-template-hash.ts';
import { injectedTerm, withTerm } from './anti-affinity.ts';
import { injectedTemplate, ownTemplate, redress } from './injected-template.ts';
import type { Injection } from './injection.ts';

const nothing: Injection = { metadata: {}, term: undefined };
const canary: Injection = {
  metadata: { labels: { role: 'canary' }, annotations: { note: 'new' } },
  term: injectedTerm({ requiredDuringSchedulingIgnoredDuringExecution: {} }, 'abc'),
};
const stable: Injection = { metadata: { labels: { role: 'stable', track: 'main' } }, term: undefined };

const own: PodTemplate = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop:v1' }] } };

function made(template: PodTemplate, injection: Injection): ReplicaSet {
  const hash = podTemplateHash(template);
  const { template: injected, notes } = injectedTemplate(template, injection);
  const podLabels = { ...injected.metadata?.labels, [labels.podTemplateHash]: hash };
  return {
    metadata: { name: `shop-${hash}`, labels: { [labels.podTemplateHash]: hash }, annotations: notes },
    spec: { selector: {}, template: { ...injected, metadata: { ...injected.metadata, labels: podLabels } } },
  };
}

function redressed(replicaSet: ReplicaSet, injection: Injection, spec?: PodTemplate): ReplicaSet {
  const change = redress(replicaSet, injection, spec);
  const patch = { metadata: { annotations: change?.notes ?? {} }, spec: { template: change?.template ?? {} } };
  return mergePatched(replicaSet, patch) as ReplicaSet;
}

/** What the plugin's undo writes into the spec. */
function undoOf({ spec: { template } }: ReplicaSet): PodTemplate {
  const { [labels.podTemplateHash]: _, ...rest } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels: rest } };
}

describe('a ReplicaSet', () => {
  it('is made with what its role wears, and says so', () => {
    const one = made(own, canary);
    expect(one.metadata.annotations?.[annotations.ephemeralMetadata]).toBe(
      '{"labels":{"role":"canary"},"annotations":{"note":"new"}}',
    );
    expect(one.spec.template.metadata).toEqual({
      labels: { app: 'shop', role: 'canary', [labels.podTemplateHash]: podTemplateHash(own) },
      annotations: { note: 'new' },
    });
    expect(one.spec.template.spec?.affinity).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: { matchExpressions: [{ key: labels.podTemplateHash, operator: 'In', values: ['abc'] }] },
            topologyKey: 'kubernetes.io/hostname',
          },
        ],
      },
    });
  });

  it('has nothing to change when it is as wanted', () => {
    for (const injection of [nothing, canary, stable]) {
      expect(redress(made(own, injection), injection)).toBeUndefined();
      expect(redress(made(own, injection), injection, own)).toBeUndefined();
    }
  });

  it('changes its role: old keys go, new ones come, the term goes', () => {
    const one = redressed(made(own, canary), stable);
    expect(one.spec.template.metadata?.labels).toEqual({
      app: 'shop',
      role: 'stable',
      track: 'main',
      [labels.podTemplateHash]: podTemplateHash(own),
    });
    expect(one.spec.template.metadata?.annotations).toEqual({});
    expect(one.spec.template.spec?.affinity).toBeUndefined();
    expect(redress(one, stable)).toBeUndefined();
  });

  it.each(['with the spec', 'without'])('gives covered values of the user back, %s', (how) => {
    const template = { ...own, metadata: { labels: { app: 'shop', role: 'mine' } } };
    const spec = how === 'without' ? undefined : template;
    const one = made(template, canary);
    expect(one.spec.template.metadata?.labels?.role).toBe('canary');
    const bare = redressed(redressed(one, stable, spec), nothing, spec);
    expect(bare.spec.template.metadata?.labels).toMatchObject({ app: 'shop', role: 'mine' });
    expect(bare.spec.template.metadata?.labels?.track).toBeUndefined();
    expect(ownTemplate(one)).toEqual({ ...template, metadata: { ...template.metadata, annotations: {} } });
  });

  it('leaves labels alone that others put on its template', () => {
    const one = made(own, nothing);
    const mutated = mergePatched(one, { spec: { template: { metadata: { annotations: { sidecar: 'yes' } } } } }) as ReplicaSet;
    expect(redress(mutated, nothing, own)).toBeUndefined();
    expect(redressed(mutated, stable, own).spec.template.metadata?.annotations).toEqual({ sidecar: 'yes' });
  });
});

describe('an undo that copies what was added', () => {
  const others: PodTemplate = { ...own, spec: { containers: [{ name: 'web', image: 'shop:v2' }] } };

  it.each([
    ['canary', canary],
    ['stable', stable],
  ] as const)('is recognised as the old version, which was %s', (_, injection) => {
    const [one, two] = [made(own, injection), made(others, nothing)];
    const spec = undoOf(one);
    expect(findNewReplicaSet(spec, [two, one], podTemplateHash(spec))).toBe(one);
    const settled = redressed(one, stable, spec);
    expect(findNewReplicaSet(spec, [two, settled], podTemplateHash(spec))).toBe(settled);
    const bare = redressed(settled, nothing, spec);
    expect(findNewReplicaSet(spec, [two, bare], podTemplateHash(spec))).toBe(bare);
  });

  it('passes no term on to the next version', () => {
    const spec = { ...undoOf(made(own, canary)), metadata: { labels: { app: 'shop' } } };
    expect(JSON.stringify(made(spec, nothing).spec.template)).not.toContain('podAntiAffinity');
  });

  it('leaves no label behind when the spec is clean again', () => {
    const spec = undoOf(made(own, stable));
    const settled = redressed(redressed(made(own, stable), stable, spec), nothing, spec);
    expect(settled.spec.template.metadata?.labels).toMatchObject({ role: 'stable' });
    const clean = redressed(settled, nothing, own);
    expect(clean.spec.template.metadata?.labels).toEqual({ app: 'shop', [labels.podTemplateHash]: podTemplateHash(own) });
    expect(clean.metadata.annotations).toEqual({});
  });
});

describe('anti-affinity', () => {
  const users = {
    nodeAffinity: { a: 1 },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'zone' } }] },
  };
  const required = injectedTerm({ requiredDuringSchedulingIgnoredDuringExecution: {} }, 'abc');
  const preferred = injectedTerm({ preferredDuringSchedulingIgnoredDuringExecution: { weight: 9 } }, 'abc');

  it.each([
    ['nothing', undefined],
    ["the user's own", users],
  ])('is added to %s and taken off again', (_, affinity) => {
    for (const term of [required, preferred]) {
      const added = withTerm(affinity, term);
      expect(added).not.toEqual(affinity);
      expect(withTerm(added, undefined)).toEqual(affinity);
      expect(withTerm(added, term)).toEqual(added);
    }
  });

  it('gives way to the other kind and to another hash', () => {
    const other = injectedTerm({ requiredDuringSchedulingIgnoredDuringExecution: {} }, 'xyz');
    expect(withTerm(withTerm(users, preferred), other)).toEqual(withTerm(users, other));
  });

  it('leaves a term of the user that names more than the hash', () => {
    const matchExpressions = [{ key: labels.podTemplateHash, operator: 'Exists' }];
    const term = { labelSelector: { matchExpressions }, topologyKey: 'kubernetes.io/hostname' };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    expect(withTerm(affinity, undefined)).toBe(affinity);
  });
});
