/** Traffic through Ingresses on the virtual cluster, split as ingress-nginx splits it, and an update that Rampart takes through one. */
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { rollouts } from '../../src/api/resources.ts';
import { Simulation } from '../../src/simulation/simulation.ts';

const prefix = 'nginx.ingress.kubernetes.io';

function ingress(name: string, service: string, annotations: Readonly<Record<string, string>> = {}): KubeObject {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, annotations },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'shop.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  } as KubeObject;
}

function workload(name: string): readonly KubeObject[] {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image: `example/${name}:1` }] } };
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: labels, ports: [{ port: 80 }] } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas: 2, selector: { matchLabels: labels }, template },
    },
  ] as unknown as readonly KubeObject[];
}

const canary = (weight: string, more: Readonly<Record<string, string>> = {}) =>
  ingress('canary', 'second', { [`${prefix}/canary`]: 'true', [`${prefix}/canary-weight`]: weight, ...more });

/** Requests a second that each version gets of a hundred, and how many of them nobody answers. */
async function shares(...objects: readonly KubeObject[]): Promise<Readonly<Record<string, number>>> {
  const simulation = new Simulation({ seed: 5 });
  simulation.apply(...objects);
  await simulation.clock.run(30_000);
  simulation.traffic.send({ requestsPerSecond: 100, namespace: 'default', to: { ingress: 'shop' } });
  await simulation.clock.run(10_000);
  simulation.traffic.count();
  const loads = [...simulation.cluster.podIndex.in('default')].map(
    (pod) => [pod.metadata.labels?.app ?? '', simulation.traffic.loadOf(`default/${pod.metadata.name}`)] as const,
  );
  const sum = (app: string): number => Math.round(loads.reduce((total, [of, load]) => total + (of === app ? load : 0), 0));
  return { first: sum('first'), second: sum('second'), unserved: Math.round(simulation.traffic.losses.unserved / 10) };
}

describe('requests through an Ingress', () => {
  const [first, second, main] = [workload('first'), workload('second'), ingress('shop', 'first')];
  test('go to its Service', async () => {
    expect(await shares(...first, ...second, main)).toEqual({ first: 100, second: 0, unserved: 0 });
  });

  test('go to its canary by weight, in parts of the total', async () => {
    expect(await shares(...first, ...second, main, canary('20'))).toEqual({ first: 80, second: 20, unserved: 0 });
    const inThousand = { [`${prefix}/canary-weight-total`]: '1000' };
    expect(await shares(...first, ...second, main, canary('50', inThousand))).toEqual({ first: 95, second: 5, unserved: 0 });
  });

  test('do not go to a canary that has no endpoints, nor past a Service that has none', async () => {
    expect(await shares(...first, main, canary('50'))).toEqual({ first: 100, second: 0, unserved: 0 });
    expect(await shares(...second, main, canary('50'))).toEqual({ first: 0, second: 0, unserved: 100 });
  });

  test('do not go to an Ingress of another path', async () => {
    const elsewhere = canary('50');
    const rules = [
      {
        host: 'other.example',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'second', port: { number: 80 } } } }] },
      },
    ];
    const apart = { ...elsewhere, spec: { ingressClassName: 'nginx', rules } } as KubeObject;
    expect(await shares(...first, ...second, main, apart)).toEqual({ first: 100, second: 0, unserved: 0 });
  });
});

test('an update by the nginx router loses no request, and its canary gets what its step says', async () => {
  const simulation = new Simulation({ seed: 9 });
  const labels = { app: 'shop' };
  const template = (tag: string) => ({
    metadata: { labels },
    spec: { containers: [{ name: 'main', image: `example/shop:${tag}` }] },
  });
  const service = (name: string) =>
    ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name },
      spec: { selector: labels, ports: [{ port: 80 }] },
    }) as unknown as KubeObject;
  const strategy = {
    canary: {
      stableService: 'stable',
      canaryService: 'canary',
      trafficRouting: { nginx: { stableIngress: 'shop' } },
      steps: [{ setWeight: 30 }, { pause: {} }],
    },
  };
  simulation.apply(service('stable'), service('canary'), ingress('shop', 'stable'), {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: template('v1'), strategy },
  } as KubeObject);
  simulation.startRampart();
  await simulation.clock.run(60_000);
  simulation.traffic.send({ requestsPerSecond: 100, namespace: 'default', to: { ingress: 'shop' } });
  simulation.patch(rollouts, 'shop', { spec: { template: template('v2') } });
  await simulation.clock.run(60_000);
  const ofNew = [...simulation.cluster.podIndex.in('default')]
    .filter(({ spec }) => JSON.stringify(spec).includes('shop:v2'))
    .reduce((sum, { metadata }) => sum + simulation.traffic.loadOf(`default/${metadata.name}`), 0);
  expect(Math.round(ofNew)).toBe(30);
  simulation.patch(rollouts, 'shop', { status: { pauseConditions: null } }, { subresource: 'status' });
  await simulation.clock.run(120_000);
  simulation.traffic.count();
  expect(simulation.get(rollouts, 'shop')?.status?.phase).toBe('Healthy');
  expect(simulation.traffic.losses).toMatchObject({ errors: 0, unserved: 0 });
  expect(simulation.traffic.losses.refused).toBeLessThan(simulation.traffic.losses.requests / 1000);
});
