/**
 * K3s in a container, for machines without Go that have a Docker engine which can pull. Written from the documentation of testcontainers; it has not
 * been run yet, since no engine that can pull was at hand.
 */
import { basename } from 'node:path';
import { K3sContainer } from '@testcontainers/k3s';

/** The same minor version as the parts of the embedded cluster. */
const image = 'rancher/k3s:v1.37.2-k3s1';

export interface K3s {
  /** Content of the admin's kubeconfig, for use on this machine. */
  readonly kubeconfig: string;
  importImage(tarFile: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startK3s(): Promise<K3s> {
  const container = await new K3sContainer(image).start().catch((error: unknown) => {
    throw new Error(`The Docker engine could not run ${image}. Install Go 1.26 or newer, which needs no container image.`, {
      cause: error,
    });
  });
  return {
    kubeconfig: container.getKubeConfig(),
    importImage: async (tarFile) => {
      const target = `/tmp/${basename(tarFile)}`;
      await container.copyFilesToContainer([{ source: tarFile, target }]);
      const { exitCode, output } = await container.exec(['ctr', '--namespace', 'k8s.io', 'images', 'import', target]);
      if (exitCode !== 0) throw new Error(`K3s refused the image ${tarFile}: ${output}`);
    },
    stop: async () => {
      await container.stop();
    },
  };
}
