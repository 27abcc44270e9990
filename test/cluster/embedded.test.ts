/** The embedded Kubernetes itself: what the demo, the bench and every other test on it rely on. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { AppsV1Api, AuthenticationV1Api, CoreV1Api, CustomObjectsApi } from '@kubernetes/client-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClusterOptions, EmbeddedCluster } from '../../tools/cluster/cluster.ts';
import { startCluster } from '../../tools/cluster/cluster.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';
import { sharedCluster, useNamespace } from '../support/cluster.ts';

const run = promisify(execFile);
const soon = { timeout: 30_000, interval: 50 };

const deployment = (name: string, replicas: number): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: main, image: example }] }
`;

describe('the shared cluster', () => {
  const namespace = useNamespace();

  it('runs a Deployment to the end: controllers, scheduler and kubelet', async () => {
    const cluster = await sharedCluster();
    await cluster.applyManifests(deployment('web', 3).replace('name: web }', `name: web, namespace: ${namespace.name} }`));
    const apps = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(AppsV1Api);
    await vi.waitFor(async () => {
      const web = await apps.readNamespacedDeployment({ name: 'web', namespace: namespace.name });
      expect(web.status?.availableReplicas).toBe(3);
    }, soon);
  });

  it('knows users by certificate and service accounts by token, and lets neither do what RBAC does not grant', async () => {
    const cluster = await sharedCluster();
    const whoAmI = async (kubeconfig: string) =>
      await loadKubeConfig(kubeconfig).makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
    const jane = await cluster.kubeconfigFor('jane', ['developers']);
    const account = await cluster.serviceAccountKubeconfig(namespace.name, 'default');
    expect((await whoAmI(jane)).status?.userInfo).toMatchObject({
      username: 'jane',
      groups: ['developers', 'system:authenticated'],
    });
    expect((await whoAmI(account)).status?.userInfo?.username).toBe(`system:serviceaccount:${namespace.name}:default`);
    for (const kubeconfig of [jane, account]) {
      const pods = loadKubeConfig(kubeconfig).makeApiClient(CoreV1Api).listNamespacedPod({ namespace: namespace.name });
      await expect(pods).rejects.toMatchObject({ code: 403 });
    }
  });

  it('projects a token into pods, as admission does in a real cluster', async () => {
    const cluster = await sharedCluster();
    const core = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(CoreV1Api);
    const pod = await core.createNamespacedPod({
      namespace: namespace.name,
      body: { metadata: { name: 'one' }, spec: { containers: [{ name: 'main', image: 'example' }] } },
    });
    const sources = pod.spec?.volumes?.flatMap((volume) => volume.projected?.sources ?? []);
    expect(sources?.some((source) => source.serviceAccountToken?.path === 'token')).toBe(true);
    await vi.waitFor(async () => {
      const published = await core.readNamespacedConfigMap({ name: 'kube-root-ca.crt', namespace: namespace.name });
      expect(published.data?.['ca.crt']).toBe(await readFile(cluster.caFile, 'utf8'));
    }, soon);
  });
});

describe('applying manifests', () => {
  const namespace = useNamespace();

  it('sends them as they are written, with fields that no client library knows', async () => {
    const cluster = await sharedCluster();
    const group = `${namespace.name}.example.com`;
    const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.${group} }
spec:
  group: ${group}
  names: { kind: Thing, plural: things }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties: { free: { type: object, x-kubernetes-preserve-unknown-fields: true }, either: { x-kubernetes-int-or-string: true } }
`;
    // The object right behind its definition: the API server needs a moment to know the kind.
    const thing = `
apiVersion: ${group}/v1
kind: Thing
metadata: { name: one, namespace: ${namespace.name} }
spec: { either: 25%, free: { unheard: of } }
`;
    await cluster.applyManifests(`${definition}---${thing}`);
    const found = await loadKubeConfig(cluster.adminKubeconfig)
      .makeApiClient(CustomObjectsApi)
      .getNamespacedCustomObject({ group, version: 'v1', namespace: namespace.name, plural: 'things', name: 'one' });
    expect(found).toMatchObject({ spec: { either: '25%', free: { unheard: 'of' } } });
  });

  it('says in words what the API server did not take', async () => {
    const cluster = await sharedCluster();
    await expect(cluster.applyManifests(deployment('Wrong_Name', 1))).rejects.toThrow(/^Deployment Wrong_Name: .*RFC 1123/s);
    await expect(
      cluster.applyManifests(deployment('web', 1).replace('name: web }', 'name: web, namespace: nowhere }')),
    ).rejects.toThrow('Deployment web: namespaces "nowhere" not found');
  });
});

describe('a cluster of its own', () => {
  const started: EmbeddedCluster[] = [];
  const start = async (options: Omit<ClusterOptions, 'name'>): Promise<EmbeddedCluster> => {
    const cluster = await startCluster({ name: 'embedded-test', ...options });
    started.push(cluster);
    return cluster;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (cluster) => await cluster.stop()));
  });

  it('stands beside another one without clashing', async () => {
    const [one, other] = await Promise.all([start({ kubelet: 'kwok' }), start({ kubelet: 'kwok' })]);
    expect(one.podCidr).not.toBe(other.podCidr);
    await one.applyManifests(deployment('only-here', 1));
    const namesIn = async (cluster: EmbeddedCluster) => {
      const found = await loadKubeConfig(cluster.adminKubeconfig).makeApiClient(AppsV1Api).listDeploymentForAllNamespaces();
      return found.items.map((item) => item.metadata?.name);
    };
    expect(await namesIn(one)).toEqual(['only-here']);
    expect(await namesIn(other)).toEqual([]);
  });

  it('keeps everything over a restart of the API server, also by SIGKILL', async () => {
    const cluster = await start({ kubelet: 'none' });
    await cluster.applyManifests(deployment('kept', 0));
    for (const kill of [false, true]) {
      await cluster.restartApiServer({ kill });
      const found = await loadKubeConfig(cluster.adminKubeconfig).makeApiClient(AppsV1Api).listDeploymentForAllNamespaces();
      expect(found.items.map((item) => item.metadata?.name)).toEqual(['kept']);
    }
  });

  it('writes who did what into the audit log', async () => {
    const cluster = await start({ kubelet: 'none', audit: 'request' });
    await cluster.applyManifests(deployment('audited', 0));
    const lines = (await readFile(cluster.auditLog ?? '', 'utf8')).trim().split('\n');
    const requests = lines.map((line) => JSON.parse(line) as AuditLine);
    const mine = requests.filter((request) => request.objectRef?.name === 'audited' && request.user.username === 'admin');
    expect(mine.map((request) => [request.verb, request.responseStatus?.code])).toEqual([['patch', 201]]);
    expect(mine[0]?.requestObject?.kind).toBe('Deployment');
  });

  it('ends all its processes on stop', async () => {
    const cluster = await start({ kubelet: 'kwok' });
    const names = Object.keys(await cluster.memory());
    expect(names.sort()).toEqual(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok']);
    await cluster.stop();
    expect(await cluster.memory()).toEqual({});
    const { stdout } = await run('ps', ['-eo', 'args']);
    expect(stdout).not.toContain(cluster.runDir);
  });
});

interface AuditLine {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestObject?: { readonly kind?: string };
}
