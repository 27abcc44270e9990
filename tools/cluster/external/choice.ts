/** Which Kubernetes a command runs on: what the user asked for, else what this machine can have. Pure; what the machine can do is handed in. */

export type ClusterSource = 'embedded' | 'k3s' | 'existing';

export interface HostAbilities {
  /** Undefined: a network namespace can be made. Else the sentence why not. */
  readonly namespaceProblem: string | undefined;
  /** Undefined: all parts are there or can be made. Else the sentence what to install. */
  readonly partsProblem: string | undefined;
  /** A Docker engine answers. Whether it can pull shows only when it does. */
  readonly hasDockerEngine: boolean;
}

export type ClusterChoice =
  | { readonly source: ClusterSource }
  /** The one thing to do about it. */
  | { readonly source: 'none'; readonly reason: string };

/** `requested` undefined: the embedded cluster, else K3s where the embedded one cannot be. */
export function chooseCluster(requested: ClusterSource | undefined, host: HostAbilities): ClusterChoice {
  if (requested === 'existing') return { source: 'existing' };
  if (requested === 'k3s') {
    return host.hasDockerEngine
      ? { source: 'k3s' }
      : { source: 'none', reason: 'K3s runs in a container. Install a Docker engine.' };
  }
  const problem = host.partsProblem ?? host.namespaceProblem;
  if (problem === undefined) return { source: 'embedded' };
  if (requested === undefined && host.hasDockerEngine) return { source: 'k3s' };
  return { source: 'none', reason: problem };
}
