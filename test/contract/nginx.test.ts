/** The nginx router on a real kube-apiserver, whose garbage collector knows the Rollout that owns canary Ingresses. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { rollouts } from '../../src/api/resources.ts';
import type { DesiredRoutes } from '../../src/core/rollout/routes.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { sharedCluster } from '../support/cluster.ts';
import { IngressStage, ingressWorld, never, stableIngress } from './ingress-world.ts';
import { describeWeightRouter } from './traffic-router.ts';

let client: KubernetesClient;

beforeAll(async () => {
  const { config } = loadKubeConfig({ kubeconfig: (await sharedCluster()).adminKubeconfig, environment: {} });
  client = KubernetesClient.create({ config, clock: systemClock, random: () => 0.5, environment: {}, limits: undefined });
});
afterAll(async () => await client?.close());

const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };

async function makeStage() {
  const namespace = `ingress-${randomBytes(4).toString('hex')}`;
  await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const end = async () => {
    await client.delete(namespaces, { name: namespace });
  };
  const made = await client.create(rollouts, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    // Nobody serves it: the router is played by hand.
    metadata: { name: 'shop', namespace, labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'nobody' } },
    spec: { paused: true },
  });
  if (made.outcome !== 'done') throw new Error(`the Rollout was answered by ${made.outcome}`);
  const stage = new IngressStage(client, namespace, made.object.metadata.uid ?? '');
  await stage.add(stableIngress(namespace));
  return { stage, namespace, end };
}

describeWeightRouter('nginx on kube-apiserver', async () => {
  const { stage, namespace, end } = await makeStage();
  return ingressWorld(stage, namespace, end);
});

describe('on kube-apiserver', () => {
  const desired: DesiredRoutes = {
    stableService: 'stable',
    canaryService: 'canary',
    canaryWeight: 30,
    stableWeight: 70,
    maxWeight: 100,
    additional: [],
    managedRoutes: [],
  };

  test('an annotation that the API server does not take is told in its words', async () => {
    const { stage, end } = await makeStage();
    onTestFinished(end);
    const evidence = await stage.router({ annotations: { 'a b': 'c' } }).converge(desired, never);
    expect(evidence).toMatchObject({ state: 'failed', liveCanaryWeight: 0 });
    expect(evidence.message).toContain('Ingress shop-front-canary could not be written:');
  });
});
