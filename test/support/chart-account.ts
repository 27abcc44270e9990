/** The controller's account as the chart grants it rights, for one namespace. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { OpenedCluster } from '../../tools/cluster/access.ts';

/** Its kubeconfig. `values`: more of the chart's, as `--set` takes them. */
export async function chartAccount(cluster: OpenedCluster, namespace: string, values: readonly string[] = []): Promise<string> {
  const chart = new URL('../../charts/rampart', import.meta.url).pathname;
  const helm = await cluster.partPath('helm');
  const set = ['namespaced=true', 'crds.install=false', ...values].flatMap((value) => ['--set', value]);
  const show = ['rbac', 'serviceaccount'].flatMap((name) => ['--show-only', `templates/${name}.yaml`]);
  const { stdout } = await promisify(execFile)(helm, ['template', 'rampart', chart, '--namespace', namespace, ...set, ...show]);
  await cluster.applyManifests(stdout);
  return await cluster.serviceAccountKubeconfig(namespace, 'rampart');
}
