/** What a command of `rampart` is: how it is typed, what it needs, and how it is run. Help, completion and the reference page are made from it. */
import type { Clock } from '../runtime/clock.ts';
import type { Cluster } from '../runtime/cluster.ts';

/** What can stand in a place of the command line, for completion. */
export type Candidates =
  | 'rollouts'
  | 'experiments'
  | 'analysisruns'
  | 'namespaces'
  | 'contexts'
  | 'files'
  | 'commands'
  | readonly string[];

export interface CommandFlag {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** `list` may be given several times; `maybe` is a switch that also takes `=false`. */
  readonly kind: 'switch' | 'text' | 'list';
  /** The word for its value in help texts. */
  readonly value?: string;
  readonly help: string;
  readonly complete?: Candidates;
  /** The only values that are understood. */
  readonly choices?: readonly string[];
}

export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** What is typed behind the name of the command, one form a line. */
  readonly usage: readonly string[];
  /** More about it, a paragraph each. */
  readonly details?: readonly string[];
  readonly flags: readonly CommandFlag[];
  readonly examples: readonly string[];
  /** Exit codes besides those that all commands have. */
  readonly exitCodes?: Readonly<Record<number, string>>;
  /** Exit code where the line is wrong or the command could not be carried out; 3 if absent. */
  readonly failsWith?: number;
  /** What can follow it. */
  readonly operands: Candidates;
  /** False for commands that ask no cluster. */
  readonly asksCluster: boolean;
  /** Loads the command's own code, which no other command pays for. */
  readonly load: () => Promise<RunCommand>;
}

export type RunCommand = (line: CommandLine, context: Context) => Promise<number>;

/** A command line that was understood. */
export interface CommandLine {
  readonly operands: readonly string[];
  /** name of a flag -> its values, in their order; a switch has `true` or `false` */
  readonly flags: ReadonlyMap<string, readonly string[]>;
}

/** Where a command writes to, and whether a person watches. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  readonly columns: number;
  readonly rows: number;
}

export interface Connection {
  readonly cluster: Cluster;
  readonly namespace: string;
  close(): Promise<void>;
}

/** The world of a command; tests hand in another one. */
export interface Context {
  readonly out: Output;
  readonly errors: Output;
  readonly clock: Clock;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts when the person has had enough (Ctrl-C). */
  readonly signal: AbortSignal;
  connect(line: CommandLine): Connection;
  readInput(): Promise<string>;
}

export const exitCodes = { done: 0, no: 1, late: 2, failed: 3 } as const;

/** A sentence for the person at the terminal; the command ends with `exitCodes.failed`. */
export class CommandError extends Error {
  /** True where the line was not understood: the usage is shown with it. */
  readonly isUsage: boolean;

  constructor(message: string, options: { readonly isUsage?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CommandError';
    this.isUsage = options.isUsage ?? false;
  }
}

export function usageError(message: string): CommandError {
  return new CommandError(message, { isUsage: true });
}

/** The last value that was given; undefined where none was. */
export function textFlag({ flags }: CommandLine, name: string): string | undefined {
  return flags.get(name)?.at(-1);
}

export function isOn(line: CommandLine, name: string): boolean {
  return textFlag(line, name) === 'true';
}
