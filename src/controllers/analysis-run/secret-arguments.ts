/**
 * Reads the Secrets that arguments of a measurement come from, each by its name, at the moment of the measurement. Values are handed
 * on and kept nowhere; what goes wrong is said with the command that mends it.
 */
import type { KubeObject } from '../../api/kubernetes.ts';
import { refusedSubject } from '../../api/refused-subject.ts';
import { secrets as secretResource } from '../../api/resources.ts';
import type { SecretArgument } from '../../core/analysis/run-plan.ts';
import { ApiError, type Cluster } from '../../runtime/cluster.ts';
import { messageOf } from '../../runtime/log.ts';

interface Secret extends KubeObject {
  /** key -> base64. */
  readonly data?: Readonly<Record<string, string>>;
}

/** argument name -> value, or a sentence for the author of the run. */
export type SecretValues = { readonly values: ReadonlyMap<string, string> } | { readonly problem: string };

export async function readSecretArguments(
  cluster: Pick<Cluster, 'get'>,
  namespace: string,
  wanted: readonly SecretArgument[],
  signal: AbortSignal,
): Promise<SecretValues> {
  const read = new Map<string, Secret>();
  const values = new Map<string, string>();
  for (const { argument, secretName, secretKey } of wanted) {
    try {
      const secret = read.get(secretName) ?? (await cluster.get<Secret>(secretResource, { namespace, name: secretName }, signal));
      if (secret === undefined)
        return { problem: `args.${argument}: Secret '${secretName}' not found in namespace '${namespace}'` };
      read.set(secretName, secret);
      const encoded = secret.data?.[secretKey];
      if (encoded === undefined) return { problem: `args.${argument}: Secret '${secretName}' has no key '${secretKey}'` };
      values.set(argument, Buffer.from(encoded, 'base64').toString('utf8'));
    } catch (error) {
      return { problem: `args.${argument}: ${describeRefusal(error, namespace, secretName)}` };
    }
  }
  return { values };
}

function describeRefusal(error: unknown, namespace: string, secretName: string): string {
  if (!(error instanceof ApiError) || error.code !== 'forbidden') {
    return `Secret '${secretName}' could not be read: ${messageOf(error)}`;
  }
  const role = `rampart-read-${secretName}`;
  return [
    `Rampart may not read Secret '${secretName}' in namespace '${namespace}'. To allow it, and nothing else:`,
    `kubectl -n ${namespace} create role ${role} --verb=get --resource=secrets --resource-name=${secretName} &&`,
    `kubectl -n ${namespace} create rolebinding ${role} --role=${role} ${refusedSubject(error.message)}`,
  ].join(' ');
}
