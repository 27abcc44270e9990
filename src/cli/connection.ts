/** From the flags of a command line to a client of the cluster that they mean. */
import { loadKubeConfig } from '../runtime/client/kube-config.ts';
import { KubernetesClient } from '../runtime/client/kubernetes-client.ts';
import { messageOf } from '../runtime/log.ts';
import { version } from '../version.ts';
import { CommandError, type CommandLine, type Connection, type Context, textFlag } from './command.ts';

/** Sends nothing yet. Throws CommandError where no cluster is known. */
export function connect(line: CommandLine, world: Pick<Context, 'clock' | 'random' | 'environment'>): Connection {
  const flag = (name: string): string | undefined => textFlag(line, name) || undefined;
  try {
    const { config, namespace } = loadKubeConfig({
      kubeconfig: flag('kubeconfig'),
      context: flag('context'),
      cluster: flag('cluster'),
      user: flag('user'),
      environment: world.environment,
    });
    const cluster = KubernetesClient.create({ ...world, config, limits: undefined, userAgent: `rampart-cli/${version}` });
    return { cluster, namespace: flag('namespace') ?? namespace ?? 'default', close: () => cluster.close() };
  } catch (cause) {
    throw new CommandError(messageOf(cause), { cause });
  }
}
