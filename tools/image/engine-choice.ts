/** Which Docker engine the image is tried on: the machine's, where its containers share the machine's network, else one of our own. Pure. */

export interface EngineFacts {
  /** DOCKER_HOST, else where Docker listens by default. */
  readonly host: string;
  /** What the engine there says of itself; undefined when none answers. */
  readonly answer: EngineAnswer | undefined;
  /** The client is on the PATH. */
  readonly hasClient: boolean;
  readonly isLinux: boolean;
  readonly isRoot: boolean;
}

export interface EngineAnswer {
  readonly OperatingSystem?: string;
  readonly SecurityOptions?: readonly string[] | null;
}

export type EngineChoice =
  | { readonly from: 'machine'; readonly host: string }
  | { readonly from: 'own' }
  /** `reason`: what is wrong, and what to do. */
  | { readonly from: 'nowhere'; readonly reason: string };

export function chooseEngine(facts: EngineFacts): EngineChoice {
  const problem = problemOf(facts);
  if (problem === undefined) return { from: 'machine', host: facts.host };
  if (facts.isLinux && facts.isRoot) return { from: 'own' };
  return {
    from: 'nowhere',
    reason: `${problem} Install a Docker engine on Linux and let this user reach it, or run as root, where one is fetched and started.`,
  };
}

function problemOf({ host, answer, hasClient }: EngineFacts): string | undefined {
  if (!host.startsWith('unix://'))
    return `The Docker engine at ${host} is not on this machine, so its containers would not reach the cluster.`;
  if (answer === undefined) return `No Docker engine answers at ${host}.`;
  if (answer.OperatingSystem === 'Docker Desktop') return `Containers of Docker Desktop do not share this machine's network.`;
  if (answer.SecurityOptions?.some((option) => option.includes('rootless')) === true)
    return `The Docker engine at ${host} is rootless: its containers do not share this machine's network.`;
  return hasClient ? undefined : 'The `docker` command is not on the PATH.';
}
