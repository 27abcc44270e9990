/**
 * How a program is run in a fresh network and mount namespace. Preferred is a process namespace beside them: when its first process dies, the
 * kernel ends everything in it, so nothing can survive. Where that is not allowed every process still dies with its parent.
 */
import { runCommand } from '../provision/run-command.ts';

/** Argument list of `unshare`, without the program. */
export type UnshareArgs = readonly string[];

/** Name of the environment variable that holds the identity of the namespace, as /proc/self/ns/net gives it. */
export const namespaceVariable = 'RAMPART_CLUSTER_NETWORK';

const dieTogether = ['--fork', '--kill-child=KILL'];
const ownProcesses = ['--pid', '--mount-proc'];
const network = ['--net', '--mount'];

/** Most private first; as root no user namespace is needed. */
export function candidates(uid: number): readonly UnshareArgs[] {
  const user = uid === 0 ? [] : ['--user', '--map-root-user'];
  return [
    [...user, ...network, ...ownProcesses, ...dieTogether],
    [...user, ...network, ...dieTogether],
  ];
}

/**
 * `sh` stays as the first process: it reaps orphans, which Node does not. Its exit code is the program's, also after a Ctrl-C that the program chose to
 * handle: hence the trap, which children do not inherit.
 */
const firstProcess = `trap : INT TERM HUP
ip link set lo up || exit 1
${namespaceVariable}=$(readlink /proc/self/ns/net)
export ${namespaceVariable}
"$@"
exit $?`;

export function commandLine(unshareArgs: UnshareArgs, program: readonly string[]): readonly [string, readonly string[]] {
  // setpriv: unshare dies with whoever started it, and --kill-child passes that on.
  return [
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...unshareArgs, '--', 'sh', '-c', firstProcess, 'rampart-namespace', ...program],
  ];
}

export class NamespaceUnavailable extends Error {
  constructor(cause: unknown) {
    super(
      'This machine does not let a program have a network of its own. Run on Linux with util-linux and iproute2 installed, as root or ' +
        'with unprivileged user namespaces switched on (sysctl kernel.unprivileged_userns_clone=1, ' +
        'kernel.apparmor_restrict_unprivileged_userns=0), or use --cluster existing.',
      { cause },
    );
    this.name = 'NamespaceUnavailable';
  }
}

/** The first candidate that works here, tried by running `true` in it. Throws NamespaceUnavailable. */
export async function findUnshareArgs(uid: number): Promise<UnshareArgs> {
  let failure: unknown;
  for (const args of candidates(uid)) {
    const [command, commandArgs] = commandLine(args, ['true']);
    try {
      await runCommand(command, commandArgs, { timeoutMs: 10_000 });
      return args;
    } catch (error) {
      failure = error;
    }
  }
  throw new NamespaceUnavailable(failure);
}
