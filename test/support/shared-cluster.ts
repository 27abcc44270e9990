/** Vitest's global setup of the project `cluster`: one embedded Kubernetes for all test files of a run, its address handed to the workers. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { ClusterDescription } from '../../tools/cluster/access.ts';
import { startCluster } from '../../tools/cluster/cluster.ts';
import { insideNamespace } from '../../tools/cluster/namespace/enter.ts';
import type { TraefikGateway } from '../../tools/cluster/traefik/traefik.ts';
import { grantedRights, grantedRoles } from './rights/granted.ts';
import { usedRights } from './rights/used.ts';
import { type RightsOfRun, rightsReport } from './rights/verdict.ts';

/** Traefik on the shared cluster: what a route names as its parent, and where requests go. */
export interface SharedGateway extends Pick<TraefikGateway, 'gateway' | 'gatewayClass' | 'ports' | 'httpUrl' | 'metricsUrl'> {}

declare module 'vitest' {
  export interface ProvidedContext {
    sharedCluster: ClusterDescription;
    sharedGateway: SharedGateway;
  }
}

const crds = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'crds');

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!insideNamespace())
    throw new Error('The project `cluster` runs by `npm test -- --cluster [files]`: it needs a network namespace.');
  const cluster = await startCluster({ name: 'test', kubelet: 'kwok', traefik: true, audit: 'accounts' });
  try {
    if (cluster.traefik === undefined) throw new Error('the shared cluster has no Traefik');
    for (const file of (await readdir(crds)).sort()) await cluster.applyManifests(await readFile(join(crds, file), 'utf8'));
    const { gateway, gatewayClass, ports, httpUrl, metricsUrl } = cluster.traefik;
    project.provide('sharedCluster', cluster.description);
    project.provide('sharedGateway', { gateway, gatewayClass, ports, httpUrl, metricsUrl });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return async () => {
    const report = process.env[rightsReport];
    const granted = await grantedIn(cluster.runDir);
    await cluster.stop();
    // Only now is the last line of the log whole.
    if (report !== undefined) await writeFile(report, JSON.stringify(await rightsOf(granted, cluster.auditLog)));
  };
}

/** What the chart granted to the controllers of the run. */
async function grantedIn(runDir: string): Promise<readonly string[]> {
  const rendered = (await readdir(runDir)).filter((name) => /^rights-.*\.yaml$/.test(name));
  const roles = await Promise.all(rendered.map(async (name) => grantedRoles(await readFile(join(runDir, name), 'utf8'))));
  return [...grantedRights(roles.flat())];
}

async function rightsOf(granted: readonly string[], auditLog: string | undefined): Promise<RightsOfRun> {
  if (auditLog === undefined) throw new Error('the shared cluster writes no audit log');
  return { granted, used: await usedRights(auditLog) };
}
