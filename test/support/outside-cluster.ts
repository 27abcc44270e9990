/** An embedded Kubernetes as a program of its own, reached from outside its namespace: for what cannot enter it, such as the containers of an engine. */
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExternalCluster } from '../../tools/cluster/external/external-cluster.ts';
import { openExistingCluster } from '../../tools/cluster/external/external-cluster.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** With the CRDs of this repository and one node of kwok. */
export async function startOutsideCluster(): Promise<ExternalCluster> {
  const program = spawn(
    process.execPath,
    [join(root, 'tools', 'cluster', 'main.ts'), 'up', '--cluster', 'embedded', '--kubelet', 'kwok'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise<number | null>((resolve) => program.once('exit', (code) => resolve(code)));
  const kubeconfig = await new Promise<string>((resolve, reject) => {
    createInterface(program.stdout).on('line', (line) => {
      const [, file] = /export KUBECONFIG=(.+)$/.exec(line) ?? [];
      if (file !== undefined) resolve(file);
    });
    void ended.then((code) => reject(new Error(`the cluster ended with code ${code}`)));
  });
  const cluster = await openExistingCluster(kubeconfig);
  const stop = async (): Promise<void> => {
    await cluster.stop();
    program.kill('SIGTERM');
    await ended;
  };
  try {
    const crds = join(root, 'crds');
    for (const file of (await readdir(crds)).sort()) await cluster.applyManifests(await readFile(join(crds, file), 'utf8'));
    return { ...cluster, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
