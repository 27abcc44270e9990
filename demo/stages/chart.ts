/** Installs Rampart as its users do: by its chart, with helm. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface ChartInstallation {
  /** Path of the program. */
  readonly helm: string;
  readonly kubeconfig: string;
  /** Where helm may keep what it keeps in a home directory. */
  readonly home: string;
  readonly namespace: string;
  /** Value of the chart -> what to set it to. */
  readonly values: Readonly<Record<string, string>>;
  /** Waits until Rampart is ready, for at most this long. */
  readonly waitSeconds?: number;
  readonly signal: AbortSignal;
}

const run = promisify(execFile);
const chart = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'charts', 'rampart');

/** Throws with what helm said. */
export async function installChart(what: ChartInstallation): Promise<void> {
  const values = Object.entries(what.values).flatMap(([name, value]) => ['--set', `${name}=${value.replaceAll(',', '\\,')}`]);
  const wait = what.waitSeconds === undefined ? [] : ['--wait', '--timeout', `${what.waitSeconds}s`];
  const args = ['install', 'rampart', chart, '--namespace', what.namespace, '--create-namespace', ...values, ...wait];
  const env = { ...process.env, KUBECONFIG: what.kubeconfig, HOME: what.home };
  await run(what.helm, args, { env, signal: what.signal }).catch((error: Error & { readonly stderr?: string }) => {
    what.signal.throwIfAborted();
    throw new Error(`Rampart could not be installed: ${error.stderr?.trim() || error.message}`, { cause: error });
  });
}
