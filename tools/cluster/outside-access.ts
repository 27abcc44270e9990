/** Lets people outside the namespace use a cluster: forwards its addresses to 127.0.0.1 and writes a kubeconfig that points there. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddedCluster } from './cluster.ts';
import { forwardPort } from './namespace/outside.ts';

export interface OutsideAccess {
  /** Kubeconfig file of the admin, good on this machine as long as the cluster lives. */
  readonly kubeconfig: string;
  readonly traefikUrl: string | undefined;
  readonly prometheusUrl: string | undefined;
}

/** Only in the program that entered the namespace. */
export async function openToOutside(cluster: EmbeddedCluster): Promise<OutsideAccess> {
  const server = await forwardUrl(cluster.server);
  const kubeconfig = join(cluster.runDir, 'outside.kubeconfig');
  const inside = await readFile(cluster.adminKubeconfig, 'utf8');
  await writeFile(kubeconfig, inside.replace(cluster.server, server), { mode: 0o600 });
  return {
    kubeconfig,
    traefikUrl: cluster.traefik === undefined ? undefined : await forwardUrl(cluster.traefik.httpUrl),
    prometheusUrl: cluster.prometheus === undefined ? undefined : await forwardUrl(cluster.prometheus.url),
  };
}

/** The same address as seen from outside. */
async function forwardUrl(inside: string): Promise<string> {
  const url = new URL(inside);
  const port = await forwardPort({ host: url.hostname, port: Number(url.port) });
  return `${url.protocol}//127.0.0.1:${port}`;
}
