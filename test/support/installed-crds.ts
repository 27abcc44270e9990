/** The CRDs of the repository, for clusters that a test file starts for itself. */
import { readdir, readFile } from 'node:fs/promises';
import type { ClusterAccess } from '../../tools/cluster/contract.ts';

const folder = new URL('../../crds/', import.meta.url);

export async function installCrds(cluster: Pick<ClusterAccess, 'applyManifests'>): Promise<void> {
  for (const file of (await readdir(folder)).sort()) await cluster.applyManifests(await readFile(new URL(file, folder), 'utf8'));
}
