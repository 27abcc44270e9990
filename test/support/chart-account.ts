/** The controller's account as the chart grants it rights: what every controller of a test acts as. What was rendered stays in the cluster's run directory, for whoever compares it with what was used. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { AuthorizationV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';
import { chartRoles, type GrantedRole, grantedRoles } from './rights/granted.ts';

export interface AccountSettings {
  /** More of the chart's values, as `--set` takes them. */
  readonly values?: readonly string[];
  /** Default: rights on the namespace alone. */
  readonly clusterWide?: boolean;
  readonly instanceId?: string;
}

const chart = new URL('../../charts/rampart', import.meta.url).pathname;
/** Stands for the namespace in what is rendered once for all. */
const placeholder = 'its-namespace';
const grantedIntervalMs = 20;
const grantedTimeoutMs = 30_000;
/** Asked for before -> its kubeconfig. */
const accounts = new Map<string, Promise<string>>();

type Granting = Pick<
  OpenedCluster,
  'adminKubeconfig' | 'applyManifests' | 'partPath' | 'runDir' | 'server' | 'serviceAccountKubeconfig'
>;

/** Its kubeconfig, good as soon as it is given back. Rights on the whole cluster end with the test. */
export async function chartAccount(cluster: Granting, namespace: string, settings: AccountSettings = {}): Promise<string> {
  const key = JSON.stringify([cluster.server, namespace, settings]);
  const made = accounts.get(key) ?? makeAccount(cluster, namespace, settings);
  accounts.set(key, made);
  return await made;
}

async function makeAccount(cluster: Granting, namespace: string, settings: AccountSettings): Promise<string> {
  const { instanceId, clusterWide = false } = settings;
  const account = instanceId === undefined ? 'rampart' : `rampart-${instanceId}`;
  // Names of cluster-wide roles are everybody's.
  const name = [chartRoles, ...(clusterWide ? [placeholder] : []), ...(instanceId === undefined ? [] : [instanceId])].join('-');
  const text = await rendered(cluster, [
    `namespaced=${!clusterWide}`,
    `fullnameOverride=${name}`,
    `serviceAccount.name=${account}`,
    'crds.install=false',
    ...(instanceId === undefined ? [] : [`instanceId=${instanceId}`]),
    ...(settings.values ?? []),
  ]);
  const manifests = text.replaceAll(placeholder, namespace);
  await cluster.applyManifests(manifests);
  if (clusterWide)
    onTestFinished(async () => {
      const api = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(RbacAuthorizationV1Api);
      const made = { name: name.replaceAll(placeholder, namespace) };
      await Promise.all([api.deleteClusterRoleBinding(made), api.deleteClusterRole(made)]);
    });
  const user = `system:serviceaccount:${namespace}:${account}`;
  for (const role of grantedRoles(manifests)) await untilGranted(cluster, user, role);
  return await cluster.serviceAccountKubeconfig(namespace, account);
}

/** What the chart brings of rights. Rendered once a run for the same values. */
async function rendered(cluster: Granting, values: readonly string[]): Promise<string> {
  const digest = createHash('sha256').update(values.join('\n')).digest('hex').slice(0, 16);
  const file = join(cluster.runDir, `rights-${digest}.yaml`);
  const before = await readFile(file, 'utf8').catch(() => undefined);
  if (before !== undefined) return before;
  const set = values.flatMap((value) => ['--set', value]);
  const show = ['rbac', 'serviceaccount'].flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
  const args = ['template', 'rampart', chart, '--namespace', placeholder, ...set, ...show];
  const { stdout } = await promisify(execFile)(await cluster.partPath('helm'), args);
  await writeFile(`${file}.${process.pid}`, stdout);
  await rename(`${file}.${process.pid}`, file);
  return stdout;
}

/** The API server learns of roles by a watch: before that a controller would be refused what it was granted. */
async function untilGranted(cluster: Granting, user: string, role: GrantedRole): Promise<void> {
  const api = loadKubeConfig(cluster.adminKubeconfig).makeApiClient(AuthorizationV1Api);
  const last = role.rules.at(-1);
  if (last === undefined) return;
  const [resource, subresource] = (last.resources[0] ?? '').split('/');
  const resourceAttributes = {
    group: last.apiGroups[0] ?? '',
    ...(resource !== undefined && { resource }),
    ...(subresource !== undefined && { subresource }),
    ...(last.verbs[0] !== undefined && { verb: last.verbs[0] }),
    ...(last.resourceNames?.[0] !== undefined && { name: last.resourceNames[0] }),
    ...(role.namespace !== undefined && { namespace: role.namespace }),
  };
  const deadline = performance.now() + grantedTimeoutMs;
  while (true) {
    const review = await api.createSubjectAccessReview({ body: { spec: { user, resourceAttributes } } });
    if (review.status?.allowed === true) return;
    if (performance.now() > deadline) throw new Error(`${user} got no right to ${JSON.stringify(resourceAttributes)}`);
    await delay(grantedIntervalMs);
  }
}
