/** That our reading of the API server's defaults is the API server's own: what it stores of a template equals what was written. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PodTemplate, ReplicaSet } from '../../src/api/kubernetes.ts';
import { replicaSets } from '../../src/api/resources.ts';
import { templatesEqual } from '../../src/core/rollout/identity/template-equality.ts';
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { sharedCluster, useNamespace } from '../support/cluster.ts';

const namespace = useNamespace();
let client: KubernetesClient;

beforeAll(async () => {
  const { adminKubeconfig } = await sharedCluster();
  const { config } = loadKubeConfig({ kubeconfig: adminKubeconfig, environment: {} });
  client = KubernetesClient.create({ config, clock: systemClock, random: () => 0.5, environment: {}, limits: undefined });
});

afterAll(async () => {
  await client?.close();
});

const vectors: readonly { name: string; template: PodTemplate }[] = JSON.parse(
  readFileSync(new URL('../fixtures/identity/pod-template-hash.json', import.meta.url), 'utf8'),
).vectors;

/** Everything that the API server fills in, left out. */
const bare: PodTemplate = {
  metadata: { labels: { app: 'bare' } },
  spec: {
    serviceAccount: 'old-name',
    overhead: { cpu: '0.0001', memory: '1e3' },
    initContainers: [
      {
        name: 'init',
        image: 'localhost:5000/tool',
        env: [
          { name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
          { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
        resources: { limits: { cpu: '1.00051' } },
      },
    ],
    containers: [
      {
        name: 'web',
        image: 'shop:latest',
        ports: [{ containerPort: 80 }],
        startupProbe: { exec: { command: ['true'] } },
        livenessProbe: { grpc: { port: 1 } },
        readinessProbe: { httpGet: { port: 'http' }, initialDelaySeconds: 3 },
        lifecycle: { preStop: { httpGet: { port: 80 } }, postStart: { exec: { command: ['true'] } } },
        securityContext: {},
      },
      { name: 'by-digest', image: `shop@sha256:${'0'.repeat(64)}` },
      { name: 'both', image: `shop:latest@sha256:${'0'.repeat(64)}`, command: [], env: [] },
    ],
    volumes: [
      { name: 'nothing' },
      { name: 'host', hostPath: { path: '/x' } },
      { name: 'secret', secret: { secretName: 's' } },
      { name: 'config', configMap: { name: 'c' } },
      { name: 'down', downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
      {
        name: 'projected',
        projected: {
          sources: [
            { serviceAccountToken: { path: 't' } },
            { downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'metadata.name' } }] } },
          ],
        },
      },
      {
        name: 'claim',
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { labels: { a: 'b' } },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
          },
        },
      },
      { name: 'iscsi', iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:x', lun: 0 } },
      { name: 'rbd', rbd: { monitors: ['10.0.0.1'], image: 'i' } },
      { name: 'azure', azureDisk: { diskName: 'd', diskURI: 'https://x/d.vhd' } },
      { name: 'scale', scaleIO: { gateway: 'https://g', system: 's', secretRef: { name: 's' }, volumeName: 'v' } },
      { name: 'cloth', image: { reference: 'cloth:1' } },
    ],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }],
    tolerations: [{ operator: 'Exists' }],
    affinity: {},
  },
};

test.each([...vectors, { name: 'bare', template: bare }])('what is stored of $name means the same', async ({ name, template }) => {
  const labels = template.metadata?.labels ?? {};
  const replicaSet: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: namespace.name },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
  const created = await client.create(replicaSets, replicaSet);
  if (created.outcome !== 'done') throw new Error(created.outcome);
  const stored = created.object.spec.template;
  expect(stored.spec).not.toEqual(template.spec);
  expect(templatesEqual(template, stored), JSON.stringify(stored, undefined, 1)).toBe(true);
  const changed = { ...stored, spec: { ...stored.spec, terminationGracePeriodSeconds: 77 } };
  expect(templatesEqual(template, changed)).toBe(false);
});
