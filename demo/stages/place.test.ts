import { describe, expect, it } from 'vitest';
import * as resources from '../../src/api/resources.ts';
import { MemoryCluster } from '../../test/support/memory-cluster.ts';
import { crds, namespaces, takePlace } from './place.ts';

const crd = (name: string) => ({ metadata: { name } });
const names = (cluster: MemoryCluster) => cluster.objects(crds).map(({ metadata }) => metadata.name);

describe('a place of our own', () => {
  it('is a namespace that is gone afterwards, with the CRDs that came with it', async () => {
    const cluster = new MemoryCluster();
    cluster.put(crds, crd('rollouts.argoproj.io'));
    const place = await takePlace(cluster, 'demo');
    expect(cluster.objects(namespaces)).toHaveLength(1);
    cluster.put(crds, crd('experiments.argoproj.io'));
    await place.leave();
    expect(cluster.objects(namespaces)).toEqual([]);
    expect(names(cluster)).toEqual(['rollouts.argoproj.io']);
  });

  it('leaves a CRD that someone else has begun to use', async () => {
    const cluster = new MemoryCluster();
    const place = await takePlace(cluster, 'demo');
    for (const plural of ['rollouts', 'experiments']) cluster.put(crds, crd(`${plural}.argoproj.io`));
    cluster.put(resources.rollouts, { metadata: { namespace: 'theirs', name: 'web' } });
    await place.leave();
    expect(names(cluster)).toEqual(['rollouts.argoproj.io']);
  });

  it('is not taken where someone is', async () => {
    const cluster = new MemoryCluster();
    cluster.put(namespaces, { metadata: { name: 'demo' } });
    await expect(takePlace(cluster, 'demo')).rejects.toThrow('kubectl delete namespace demo');
    expect(cluster.objects(namespaces)).toHaveLength(1);
  });
});
