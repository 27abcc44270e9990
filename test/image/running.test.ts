/** The image in a container that may do nothing but run, watching an embedded Kubernetes by the chart's rights. */
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ExternalCluster } from '../../tools/cluster/external/external-cluster.ts';
import { chartAccount } from '../support/chart-account.ts';
import { createNamespace } from '../support/cluster.ts';
import type { ConfinedRun } from '../support/confined-container.ts';
import { startConfined } from '../support/confined-container.ts';
import { buildImage, docker } from '../support/image-build.ts';
import { Kubectl } from '../support/kubectl.ts';
import { startOutsideCluster } from '../support/outside-cluster.ts';

const image = 'rampart-test:running';
let cluster: ExternalCluster;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rampart-running-'));
  // Ends whatever did start, also when the other did not.
  const [started, ...builds] = await Promise.allSettled([startOutsideCluster(), buildImage(image)]);
  if (started.status === 'fulfilled') cluster = started.value;
  for (const result of [started, ...builds]) if (result.status === 'rejected') throw result.reason;
});
afterAll(async () => {
  await cluster?.stop();
  await docker('image', 'rm', '--force', image);
  await rm(folder, { recursive: true, force: true });
});

const within = { timeout: 60_000, interval: 100 };

/** The controller for one namespace, as the image starts it. */
async function startController(namespace: string): Promise<ConfinedRun> {
  const kubeconfig = join(folder, namespace);
  await copyFile(await chartAccount(cluster, namespace), kubeconfig);
  // Whoever the container runs as has to read it; nobody else gets into the folder.
  await chmod(kubeconfig, 0o644);
  return await startConfined({
    image,
    command: ['controller', '--namespaced', `--namespace=${namespace}`, '--kubeconfig=/kubeconfig', '--identity=in-a-container'],
    env: { RAMPART_HEALTHZ_PORT: `${await cluster.freePort()}`, RAMPART_METRICS_PORT: `${await cluster.freePort()}` },
    files: { [kubeconfig]: '/kubeconfig' },
  });
}

const rollout = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: shop, image: "shop:1" }] }
  strategy: { canary: {} }
`;

describe('a container that may only read, without capabilities, as a numeric user', () => {
  it('works on the cluster, is healthy, and gives its lease up when it is asked to end', async () => {
    const namespace = await createNamespace(cluster);
    const kubectl = new Kubectl(await cluster.partPath('kubectl'), cluster.adminKubeconfig, namespace);
    const controller = await startController(namespace);

    await kubectl.run(['apply', '-f', '-'], rollout);
    await kubectl.run(['wait', '--for=condition=Healthy', '--timeout=60s', 'rollout/shop']);
    await vi.waitFor(async () => expect(await controller.health()).toBe('healthy'), within);

    const holder = async () => await kubectl.run(['get', 'leases', '-o', 'jsonpath={.items[*].spec.holderIdentity}']);
    expect(await holder()).toBe('in-a-container');
    const { code, tookMs } = await controller.terminate();
    console.log(`SIGTERM to the end: ${tookMs.toFixed(0)} ms`);
    expect(code).toBe(0);
    expect(await holder()).toBe('');
  });
});
