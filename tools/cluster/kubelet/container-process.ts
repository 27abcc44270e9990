/**
 * One container as a local process: its own session and mount namespace, output into a file, and the kernel's promise that it dies with
 * the kubelet. What it forks is killed with its process group once it has ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';

export interface ContainerSpec {
  /** Program first. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Script of mount-script.ts. */
  readonly script: string;
  readonly logFile: string;
}

export interface ProcessEnd {
  /** 128 + signal number when a signal ended it. */
  readonly code: number;
  readonly signal: number | undefined;
}

export interface ContainerProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  kill(signal: NodeJS.Signals): void;
}

const launcher = 'setpriv';
const launcherArgs = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private', 'sh'] as const;

/** Throws when not even the launcher can be started. */
export async function startProcess({ command, env, script, logFile }: ContainerSpec): Promise<ContainerProcess> {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(launcher, [...launcherArgs, script, ...command], { detached: true, stdio: ['ignore', log, log], env });
    await spawned(child);
    return processOf(child);
  } finally {
    closeSync(log);
  }
}

/** Runs a command to its end in the same surroundings, for exec probes and hooks; the signal kills it. Output: the first 10,000 characters. */
export async function runInside(
  { command, env, script }: Omit<ContainerSpec, 'logFile'>,
  signal: AbortSignal,
): Promise<{ code: number; output: string }> {
  const child = spawn(launcher, [...launcherArgs, script, ...command], { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      if (output.length < 10_000) output += chunk.toString('utf8');
    });
  }
  await spawned(child);
  const inside = processOf(child);
  const abort = () => inside.kill('SIGKILL');
  signal.addEventListener('abort', abort);
  const { code } = await inside.ended;
  signal.removeEventListener('abort', abort);
  if (signal.aborted) throw new Error('command was cut off');
  return { code, output };
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}

function processOf(child: ChildProcess): ContainerProcess {
  const pid = child.pid ?? 0;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      killGroup(pid, 'SIGKILL');
      const number = signal === null ? undefined : constants.signals[signal];
      resolve({ code: code ?? 128 + (number ?? 0), signal: number });
    });
  });
  return {
    pid,
    ended,
    kill: (signal) => {
      if (signal === 'SIGKILL') killGroup(pid, signal);
      else child.kill(signal);
    },
  };
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
