/** Vitest's global setup of the project `cluster`: one embedded Kubernetes for all test files of a run, its address handed to the workers. */
import type { TestProject } from 'vitest/node';
import type { ClusterDescription } from '../../tools/cluster/access.ts';
import { startCluster } from '../../tools/cluster/cluster.ts';
import { insideNamespace } from '../../tools/cluster/namespace/enter.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    sharedCluster: ClusterDescription;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (!insideNamespace())
    throw new Error('The project `cluster` runs by `npm test -- --cluster [files]`: it needs a network namespace.');
  const cluster = await startCluster({ name: 'test', kubelet: 'kwok' });
  project.provide('sharedCluster', cluster.description);
  return async () => await cluster.stop();
}
