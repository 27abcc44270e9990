/** Starts processes that end with this one, also when it dies by SIGKILL: the kernel signals them (PR_SET_PDEATHSIG, set by setpriv). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import type { ProcessExit, ProcessSpec, SupervisedProcess } from './contract.ts';

const defaultGraceMs = 5000;

/** Settles when the process has been started. Throws when setpriv cannot be; a wrong `command` shows as exit code 127 and a line in the log. */
export async function spawnSupervised(spec: ProcessSpec & { readonly logFile: string }): Promise<SupervisedProcess> {
  const log = await open(spec.logFile, 'a');
  try {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args], {
      env: spec.env ?? process.env,
      stdio: ['ignore', log.fd, log.fd],
      // A session of its own, so that Ctrl-C on the terminal reaches the program that started it and not this process.
      detached: true,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
    const exited = new Promise<ProcessExit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    await once(child, 'spawn');
    return new Supervised(spec.name, spec.logFile, child.pid ?? 0, exited, (signal) => child.kill(signal));
  } finally {
    await log.close();
  }
}

class Supervised implements SupervisedProcess {
  readonly name: string;
  readonly logFile: string;
  readonly pid: number;
  readonly exited: Promise<ProcessExit>;
  readonly #kill: (signal: NodeJS.Signals) => boolean;
  #running = true;

  constructor(name: string, logFile: string, pid: number, exited: Promise<ProcessExit>, kill: (signal: NodeJS.Signals) => boolean) {
    this.name = name;
    this.logFile = logFile;
    this.pid = pid;
    this.#kill = kill;
    this.exited = exited.then((exit) => {
      this.#running = false;
      return exit;
    });
  }

  get running(): boolean {
    return this.#running;
  }

  kill(signal: NodeJS.Signals): void {
    if (this.#running) this.#kill(signal);
  }

  async stop(graceMs = defaultGraceMs): Promise<ProcessExit> {
    this.kill('SIGTERM');
    const impatient = setTimeout(() => this.kill('SIGKILL'), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(impatient);
    }
  }
}
