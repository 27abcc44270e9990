import { readFile } from 'node:fs/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../tools/cluster/objects.ts';
import { placeShop, versionPath } from './shop-manifests.ts';

const place = {
  namespace: 'rampart-demo',
  instanceId: 'mine',
  image: 'registry.example/demo:x',
  meeting: { namespace: 'edge', name: 'public', sectionName: 'web', host: 'shop.apps.example', url: 'http://10.0.0.1' },
  windowSeconds: 45,
};

async function placed(file: string): Promise<readonly unknown[]> {
  return parseManifests(placeShop(await readFile(new URL(`../manifests/${file}`, import.meta.url), 'utf8'), place));
}

describe('the shop on a cluster of others', () => {
  it('is in its own namespace, and its Rollout is for its own Rampart', async () => {
    const all = [...(await placed('route.yaml')), ...(await placed('rollout.yaml'))] as readonly KubernetesObject[];
    expect(all.map(({ kind, metadata }) => [kind, metadata?.namespace, metadata?.labels])).toEqual([
      ['Service', 'rampart-demo', undefined],
      ['Service', 'rampart-demo', undefined],
      ['HTTPRoute', 'rampart-demo', undefined],
      ['AnalysisTemplate', 'rampart-demo', { 'argo-rollouts.argoproj.io/controller-instance-id': 'mine' }],
      ['Rollout', 'rampart-demo', { 'argo-rollouts.argoproj.io/controller-instance-id': 'mine' }],
    ]);
  });

  it('is behind the gateway that is there, with the weights as they were', async () => {
    expect((await placed('route.yaml'))[2]).toMatchObject({
      spec: {
        parentRefs: [{ namespace: 'edge', name: 'public', sectionName: 'web' }],
        hostnames: ['shop.apps.example'],
        rules: [{ backendRefs: [{ weight: 100 }, { weight: 0 }] }],
      },
    });
  });

  it('runs out of the demo’s image, tells its version by its environment, and waits as long as Prometheus needs', async () => {
    const [template, rollout] = await placed('rollout.yaml');
    const query = JSON.stringify(template);
    expect(query.match(/\[45s\]/g)).toHaveLength(2);
    expect(query).not.toContain('[5s]');
    expect(rollout).toMatchObject({
      spec: {
        replicas: 10,
        template: {
          spec: {
            containers: [
              {
                image: 'registry.example/demo:x',
                command: ['node', '/app/shop/shop.ts'],
                env: [{ name: 'SHOP_VERSION', value: 'v1' }],
                readinessProbe: { httpGet: { path: '/ready' } },
              },
            ],
          },
        },
      },
    });
    const { steps } = (rollout as { spec: { strategy: { canary: { steps: readonly object[] } } } }).spec.strategy.canary;
    expect(steps.filter((step) => 'pause' in step)).toEqual([{ pause: { duration: '45s' } }, { pause: { duration: '45s' } }]);
    const pointed = versionPath
      .slice(1)
      .split('/')
      .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], rollout);
    expect(pointed).toBe('v1');
  });
});
