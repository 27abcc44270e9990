/**
 * Lets a program move itself into a network namespace of its own: outside it starts itself again inside, stands for it (terminal, signals, exit
 * code) and lends it listening sockets; inside it returns at once. Everything inside ends when the outside process dies, however it dies.
 */
import { spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { PartName } from '../contract.ts';
import { ensureParts } from '../provision/provision.ts';
import { commandLine, findUnshareArgs, namespaceVariable } from './command-line.ts';
import { serveListenRequests } from './outside.ts';

const parentCheckMs = 500;

/** True in a namespace that enterNamespace made; false also where the variable was inherited by something outside of it. */
export function insideNamespace(): boolean {
  const identity = process.env[namespaceVariable];
  return identity !== undefined && identity === readlinkSync('/proc/self/ns/net');
}

/**
 * Returns at once inside. Outside it fetches the parts (inside there is no network), runs this program again inside with the same arguments and ends
 * this process with its exit code, so it never returns. Call it first thing in a program, before anything is started or printed.
 * Throws NamespaceUnavailable and PartUnavailable, whose messages name what to do.
 */
export async function enterNamespace(parts: readonly PartName[]): Promise<void> {
  if (insideNamespace()) {
    obeyOutside();
    return;
  }
  process.exit(await rerunInside(parts));
}

/** The same for a program that has something to do outside as well: gives back the exit code of its run inside. */
export async function rerunInside(parts: readonly PartName[]): Promise<number> {
  await ensureParts(parts);
  const unshareArgs = await findUnshareArgs(process.getuid?.() ?? 0);
  return await runInside(unshareArgs, [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}

async function runInside(unshareArgs: readonly string[], program: readonly string[]): Promise<number> {
  const [command, args] = commandLine(unshareArgs, program);
  const child = spawn(command, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  serveListenRequests(child);
  const forward = (signal: NodeJS.Signals): void => {
    // A terminal has sent Ctrl-C to the program inside already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.send({ type: 'signal', signal }, () => {});
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, forward);
  const parent = process.ppid;
  const orphaned = setInterval(() => {
    if (process.ppid !== parent) child.kill('SIGKILL');
  }, parentCheckMs);
  return await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(orphaned);
      resolve(code ?? 1);
    });
  });
}

/** Signals that reached the outside process are raised here as well. */
function obeyOutside(): void {
  process.on('message', (message: { type?: string; signal?: NodeJS.Signals }) => {
    if (message.type === 'signal' && message.signal !== undefined) process.kill(process.pid, message.signal);
  });
  process.channel?.unref();
}
