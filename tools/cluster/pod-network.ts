/** Claims a pod network on the loopback device of this network namespace. Adding an address is atomic, so two clusters never get the same one. */
import { CommandFailed, runCommand } from './provision/run-command.ts';

export interface PodNetwork {
  readonly podCidr: string;
  readonly nodeIp: string;
  release(): Promise<void>;
}

/** Second byte of 10.x.0.0/16. */
const firstNetwork = 244;
const lastNetwork = 254;

export async function claimPodNetwork(): Promise<PodNetwork> {
  for (let network = firstNetwork; network <= lastNetwork; network += 1) {
    const nodeIp = `10.${network}.0.1`;
    const address = `${nodeIp}/16`;
    try {
      await runCommand('ip', ['addr', 'add', address, 'dev', 'lo']);
    } catch (error) {
      // The kernel's answer when the address is there already.
      if (error instanceof CommandFailed && /File exists|already assigned/.test(error.output)) continue;
      throw error;
    }
    const release = async (): Promise<void> => {
      await runCommand('ip', ['addr', 'del', address, 'dev', 'lo']).catch(() => '');
    };
    return { podCidr: `10.${network}.0.0/16`, nodeIp, release };
  }
  throw new Error(`all pod networks of this namespace are taken: ${lastNetwork - firstNetwork + 1} clusters are running in it`);
}
