/** The process kubelet against a real API server, controllers and scheduler: what a Deployment, a Job or a person sees of its pods. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { AppsV1Api, BatchV1Api, CoreV1Api, type V1Pod } from '@kubernetes/client-node';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTraffic } from '../../demo/shop/traffic.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';

const run = promisify(execFile);
const soon = { timeout: 40_000, interval: 50 };
const shopProgram = fileURLToPath(new URL('../../demo/shop/shop.ts', import.meta.url));
const images = {
  shop: { executable: process.execPath, args: ['--disable-warning=ExperimentalWarning', shopProgram], tags: ['v1', 'v2', 'v3'] },
  sh: { executable: '/bin/sh', args: ['-c'] },
};

let cluster: EmbeddedCluster;
let core: CoreV1Api;
let namespace: string;

beforeAll(async () => {
  const processKubelet = { nodeName: 'node-1', images, backoff: { initialMs: 1000, maxMs: 4000 } };
  cluster = await startCluster({ name: 'process-kubelet', kubelet: 'process', processKubelet, traefik: true });
  core = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(CoreV1Api);
});

afterAll(async () => await cluster?.stop());

beforeEach(async () => {
  namespace = await createNamespace(cluster);
  return async () => await deleteNamespace(namespace, cluster);
});

const apply = async (yaml: string) => await cluster.applyManifests(yaml.replaceAll('NAMESPACE', namespace));
const read = async (name: string): Promise<V1Pod> => await core.readNamespacedPod({ namespace, name });
const pods = async (): Promise<readonly V1Pod[]> => (await core.listNamespacedPod({ namespace })).items;
const logOf = async (name: string, options: { previous?: boolean } = {}) =>
  await core.readNamespacedPodLog({ namespace, name, ...options });
const condition = (pod: V1Pod, type: string) => pod.status?.conditions?.find((known) => known.type === type)?.status;

/** A pod with one container `main` that runs a shell script. */
function shellPod(name: string, script: string, more: { readonly pod?: string; readonly container?: string } = {}): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: NAMESPACE }
spec:
  terminationGracePeriodSeconds: 5
${more.pod ?? ''}
  containers:
  - name: main
    image: sh
    args: [${JSON.stringify(script)}]
${more.container ?? ''}
`;
}

const shop = (version: string, replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: NAMESPACE }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers:
      - name: shop
        image: shop:${version}
        readinessProbe: { httpGet: { path: /ready, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: shop, namespace: NAMESPACE }
spec: { selector: { app: shop }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: shop, namespace: NAMESPACE }
spec:
  parentRefs: [{ name: traefik, namespace: gateway-system }]
  hostnames: [shop.example]
  rules: [{ backendRefs: [{ name: shop, port: 80 }] }]
`;

async function untilShop(version: string, replicas: number): Promise<void> {
  const apps = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(AppsV1Api);
  await vi.waitFor(async () => {
    const { status, metadata } = await apps.readNamespacedDeployment({ namespace, name: 'shop' });
    expect(status?.observedGeneration).toBe(metadata?.generation);
    expect([status?.replicas, status?.updatedReplicas, status?.availableReplicas]).toEqual([replicas, replicas, replicas]);
    const images = (await pods()).map(({ spec }) => spec?.containers[0]?.image);
    expect(images).toEqual(Array.from({ length: replicas }, () => `shop:${version}`));
  }, soon);
}

describe('a Deployment', () => {
  it('runs the program it names, each pod on an address of its own, and no request is lost while pods come and go', async () => {
    await apply(shop('v1', 3));
    await untilShop('v1', 3);
    const ips = (await pods()).map(({ status }) => status?.podIP ?? '');
    expect(new Set(ips).size).toBe(3);
    const answer = await fetch(`http://${ips[0]}:8080/`);
    expect(await answer.json()).toMatchObject({ version: 'v1' });

    const url = cluster.traefik?.httpUrl ?? '';
    const headers = { host: 'shop.example' };
    await vi.waitFor(async () => expect(await viaGateway(url, headers)).toBe(200), soon);
    const traffic = startTraffic({ url, host: 'shop.example', requestsPerSecond: 50 });
    await apply(shop('v1', 6));
    await untilShop('v1', 6);
    await apply(shop('v2', 6));
    await untilShop('v2', 6);
    await core.deleteNamespacedPod({ namespace, name: (await pods())[0]?.metadata?.name ?? '' });
    await apply(shop('v2', 2));
    await untilShop('v2', 2);
    const { sent, errors, failures, byVersion } = await traffic.stop();
    expect(failures).toEqual([]);
    expect(errors).toBe(0);
    expect((byVersion.v1?.['200'] ?? 0) + (byVersion.v2?.['200'] ?? 0)).toBe(sent);
    expect(byVersion.v2?.['200']).toBeGreaterThan(0);
  });
});

/** Status of one request; undici, since fetch does not let one set the host header. */
async function viaGateway(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const { request } = await import('undici');
  const { statusCode, body } = await request(url, { headers });
  await body.dump();
  return statusCode;
}

describe('a pod', () => {
  it('is ready exactly while its readiness probe passes and its gate is open', async () => {
    const probe = 'readinessProbe: { exec: { command: [test, -e, /data/ready] }, periodSeconds: 1, failureThreshold: 1 }';
    const script = 'while [ ! -e /data/stop ]; do sleep 0.1; done; rm /data/ready; sleep 60';
    const volumes = '  readinessGates: [{ conditionType: example.com/open }]\n  volumes: [{ name: data, emptyDir: {} }]';
    await apply(
      shellPod('gated', script, { pod: volumes, container: `    ${probe}\n    volumeMounts: [{ name: data, mountPath: /data }]` }),
    );
    const state = async () => {
      const pod = await read('gated');
      return [pod.status?.phase, condition(pod, 'ContainersReady'), condition(pod, 'Ready')];
    };
    await vi.waitFor(async () => expect(await state()).toEqual(['Running', 'False', 'False']), soon);
    const { uid } = (await read('gated')).metadata ?? {};
    const data = `${cluster.processKubelet?.podsDir}/${namespace}_gated_${uid}/volumes/data`;
    await run('touch', [`${data}/ready`]);
    await vi.waitFor(async () => expect(await state()).toEqual(['Running', 'True', 'False']), soon);
    await core.patchNamespacedPodStatus({
      namespace,
      name: 'gated',
      body: [{ op: 'add', path: '/status/conditions/-', value: { type: 'example.com/open', status: 'True' } }],
    });
    await vi.waitFor(async () => expect(await state()).toEqual(['Running', 'True', 'True']), soon);
    await run('touch', [`${data}/stop`]);
    await vi.waitFor(async () => expect(await state()).toEqual(['Running', 'False', 'False']), soon);
  });

  it('that crashes shows it: back-off, restarts, last state, and the log of the life before', async () => {
    await apply(shellPod('crash', 'echo $HOSTNAME was here; exit 7'));
    await vi.waitFor(async () => {
      const [status] = (await read('crash')).status?.containerStatuses ?? [];
      expect(status?.state?.waiting?.reason).toBe('CrashLoopBackOff');
      expect(status?.lastState?.terminated?.exitCode).toBe(7);
      expect(status?.restartCount).toBeGreaterThanOrEqual(2);
    }, soon);
    expect(await logOf('crash', { previous: true })).toBe('crash was here\n');
  });

  it('with an image that does not exist never starts and says why', async () => {
    await apply(shellPod('typo', '').replace('image: sh', 'image: shop:v9'));
    const reasons = new Set<string | undefined>();
    await vi.waitFor(async () => {
      const pod = await read('typo');
      expect(pod.status?.phase).not.toBe('Running');
      reasons.add(pod.status?.containerStatuses?.[0]?.state?.waiting?.reason);
      expect([...reasons]).toContain('ImagePullBackOff');
    }, soon);
    await vi.waitFor(async () => {
      const events = await core.listNamespacedEvent({ namespace, fieldSelector: 'involvedObject.name=typo' });
      const told = events.items.map(({ type, reason, message }) => `${type} ${reason} ${message}`);
      expect(told).toContain('Warning Failed Error: ErrImagePull');
      expect(told).toContain('Normal BackOff Back-off pulling image "shop:v9"');
    }, soon);
  });

  it('whose liveness fails is restarted, within the grace of the probe', async () => {
    const probe =
      '    livenessProbe: { exec: { command: ["false"] }, periodSeconds: 1, failureThreshold: 1, terminationGracePeriodSeconds: 1 }';
    await apply(shellPod('sick', 'trap "" TERM; while :; do sleep 0.2; done', { container: probe }));
    await vi.waitFor(async () => {
      const [status] = (await read('sick')).status?.containerStatuses ?? [];
      expect(status?.restartCount).toBeGreaterThanOrEqual(1);
      expect(status?.lastState?.terminated).toMatchObject({ exitCode: 137, signal: 9 });
    }, soon);
  });

  it('ends in order: preStop, SIGTERM, then its object goes', async () => {
    const hook = '    lifecycle: { preStop: { exec: { command: [sh, -c, "echo preStop >> /data/story"] } } }';
    const mount = '    volumeMounts: [{ name: data, mountPath: /data }]';
    const script = 'trap "echo term >> /data/story; exit 0" TERM; echo start >> /data/story; while :; do sleep 0.1; done';
    await apply(
      shellPod('polite', script, {
        pod: `  volumes: [{ name: data, hostPath: { path: ${cluster.runDir}/NAMESPACE } }]`,
        container: `${hook}\n${mount}`,
      }),
    );
    await run('mkdir', ['-p', `${cluster.runDir}/${namespace}`]);
    const story = async () => await readFile(`${cluster.runDir}/${namespace}/story`, 'utf8').catch(() => '');
    await vi.waitFor(async () => expect(await story()).toBe('start\n'), soon);
    await core.deleteNamespacedPod({ namespace, name: 'polite' });
    await vi.waitFor(async () => expect(await pods()).toEqual([]), soon);
    expect(await story()).toBe('start\npreStop\nterm\n');
  });

  it('finds its own token, which the API server knows, where in-cluster clients look', async () => {
    const kubectl = await cluster.partPath('kubectl');
    const script = [
      'd=/var/run/secrets/kubernetes.io/serviceaccount',
      'cat $d/namespace; echo',
      `${kubectl} --server https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT --certificate-authority $d/ca.crt --token "$(cat $d/token)" auth whoami -o jsonpath='{.status.userInfo.username} {.status.userInfo.extra}'`,
    ].join('; ');
    await apply(shellPod('who', script, { pod: '  restartPolicy: Never' }));
    await vi.waitFor(async () => expect((await read('who')).status?.phase).toBe('Succeeded'), soon);
    const log = await logOf('who');
    expect(log).toContain(`${namespace}\nsystem:serviceaccount:${namespace}:default`);
    expect(log).toContain('"authentication.kubernetes.io/pod-name":["who"]');
  });

  it('has the environment and the files that its spec asks for; a file follows its ConfigMap', async () => {
    const pod = '  volumes: [{ name: config, configMap: { name: settings } }]';
    const container = `    env:
    - { name: NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
    - { name: COLOR, valueFrom: { configMapKeyRef: { name: settings, key: color } } }
    - { name: BOTH, value: "$(NAME)-$(COLOR)" }
    volumeMounts: [{ name: config, mountPath: /etc/not/there/before }]`;
    const settings = (color: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: NAMESPACE }
data: { color: ${color} }`;
    const script = 'echo "$BOTH $POD_IP"; until grep blue /etc/not/there/before/color; do sleep 0.1; done; sleep 60';
    await apply(shellPod('reader', script, { pod, container }));
    await vi.waitFor(async () => expect((await read('reader')).status?.phase).toBe('Pending'), soon);
    await apply(settings('red'));
    await vi.waitFor(async () => {
      expect(await logOf('reader')).toBe(`reader-red ${(await read('reader')).status?.podIP}\n`);
    }, soon);
    await apply(settings('blue'));
    await vi.waitFor(async () => expect(await logOf('reader')).toMatch(/\nblue\n$/), soon);
    await expect(readFile('/etc/not/there/before/color')).rejects.toThrow('ENOENT');
  });
});

describe('a Job', () => {
  it('completes after its init container, and fails when its program does', async () => {
    const job = (name: string, code: number) => `
apiVersion: batch/v1
kind: Job
metadata: { name: ${name}, namespace: NAMESPACE }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      initContainers: [{ name: first, image: sh, args: ["sleep 0.1"] }]
      containers: [{ name: main, image: sh, args: ["exit ${code}"] }]
---
`;
    await apply(job('good', 0) + job('bad', 1));
    const batch = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(BatchV1Api);
    const outcome = async (name: string) =>
      (await batch.readNamespacedJob({ namespace, name })).status?.conditions
        ?.filter(({ status }) => status === 'True')
        .map(({ type }) => type);
    await vi.waitFor(async () => expect(await outcome('good')).toContain('Complete'), soon);
    await vi.waitFor(async () => expect(await outcome('bad')).toContain('Failed'), soon);
  });
});

describe('the kubelet', () => {
  it('goes on after the API server was restarted', async () => {
    await cluster.restartApiServer({ kill: true });
    await apply(shellPod('after', 'sleep 60'));
    await vi.waitFor(async () => expect(condition(await read('after'), 'Ready')).toBe('True'), soon);
    await core.deleteNamespacedPod({ namespace, name: 'after' });
    await vi.waitFor(async () => expect(await pods()).toEqual([]), soon);
  });

  it('takes every process of its pods with it, however it dies', async () => {
    await apply(shellPod('orphan', `exec sleep 9${process.pid}`));
    await vi.waitFor(async () => expect(condition(await read('orphan'), 'Ready')).toBe('True'), soon);
    const processes = async () => (await run('ps', ['-eo', 'args'])).stdout;
    await vi.waitFor(async () => expect(await processes()).toContain(`sleep 9${process.pid}`), soon);
    process.kill(cluster.processKubelet?.pid ?? 0, 'SIGKILL');
    await vi.waitFor(async () => expect(await processes()).not.toContain(`sleep 9${process.pid}`), soon);
  });
});
