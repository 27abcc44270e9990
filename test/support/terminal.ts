/** Programs as a person starts them at a terminal, in one namespace of the test cluster: Argo Rollouts' plugin, and `rampart` as it is built. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { buildProgram } from '../../tools/build.ts';
import { sharedCluster } from './cluster.ts';

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

export interface Running {
  /** What it has printed so far. */
  out(): string;
  readonly ended: Promise<Ended>;
  interrupt(): void;
}

export interface TerminalOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Called after each command that was run to its end. */
  readonly ran?: () => Promise<void>;
}

export class Terminal {
  readonly #program: readonly string[];
  readonly #flags: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #ran: () => Promise<void>;

  constructor(
    program: readonly string[],
    flags: readonly string[],
    { environment = {}, ran = async () => {} }: TerminalOptions = {},
  ) {
    this.#program = program;
    this.#flags = flags;
    this.#environment = environment;
    this.#ran = ran;
  }

  /** `kubectl argo rollouts`, as its makers build it. */
  static async plugin(namespace: string, options?: TerminalOptions): Promise<Terminal> {
    const cluster = await sharedCluster();
    const flags = [`--kubeconfig=${cluster.adminKubeconfig}`, `--namespace=${namespace}`];
    return new Terminal([await cluster.partPath('kubectl-argo-rollouts')], flags, options);
  }

  /** To its end. */
  async run(args: readonly string[], input?: string): Promise<Ended> {
    const ended = await this.start(args, input).ended;
    await this.#ran();
    return ended;
  }

  /** What the program offers for the last of these words. */
  async completed([command = '', ...words]: readonly string[]): Promise<string> {
    const program = new Terminal(this.#program, [], { environment: this.#environment });
    return (await program.run(['__complete', command, ...this.#flags, ...words])).out;
  }

  /** Ends with the test at the latest. */
  start(args: readonly string[], input?: string): Running {
    const [command = '', ...first] = this.#program;
    const environment = { ...process.env, ...this.#environment };
    const child = spawn(command, [...first, ...args, ...this.#flags], { stdio: ['pipe', 'pipe', 'pipe'], env: environment });
    const { out, ended } = collect(child);
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
    return { out, ended, interrupt: () => void child.kill('SIGINT') };
  }
}

function collect(child: ChildProcess): { readonly out: () => string; readonly ended: Promise<Ended> } {
  let out = '';
  let errors = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, errors }));
  });
  return { out: () => out, ended };
}

export interface BuiltRampart {
  /** `rampart` in this namespace. */
  rampart(namespace: string, options?: TerminalOptions): Promise<Terminal>;
  /** `kubectl rampart`, found by kubectl in its own way. */
  kubectlRampart(namespace: string, options?: TerminalOptions): Promise<Terminal>;
}

/** Builds it once for the file that it is called in. */
export function useBuiltRampart(): BuiltRampart {
  let folder = '';
  let program = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rampart-built-'));
    program = await buildProgram(join(folder, 'dist'));
    await symlink(program, join(folder, 'kubectl-rampart'));
  });
  afterAll(async () => await rm(folder, { recursive: true, force: true }));
  const flagsOf = async (namespace: string) => [
    `--kubeconfig=${(await sharedCluster()).adminKubeconfig}`,
    `--namespace=${namespace}`,
  ];
  return {
    rampart: async (namespace, options) => new Terminal([process.execPath, program], await flagsOf(namespace), options),
    kubectlRampart: async (namespace, options) => {
      const kubectl = await (await sharedCluster()).partPath('kubectl');
      // `node` of the shebang is the one that runs this.
      const PATH = [folder, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
      return new Terminal([kubectl, 'rampart'], await flagsOf(namespace), { ...options, environment: { PATH } });
    },
  };
}
