/**
 * Which program an image name stands for. A real kubelet pulls; this one looks the name up in a table that its caller hands in,
 * and refuses what is not there the way a registry would.
 */
import type { ImageProgram as Program } from '../contract.ts';
import type { Container } from './pod-types.ts';

/**
 * `executable` and `args` are the image's entry point; both stay when a container only has `args`. In `args`, `defaultArgs` and `env` the
 * container's variables are expanded, so that a program that does not know POD_IP can be told: `--listen=$(POD_IP):8080`.
 */
export interface ImageProgram extends Program {
  /** What follows the entry point when the container names neither `command` nor `args`. */
  readonly defaultArgs?: readonly string[];
  /** Paths inside the image that are its entry point: a container's `command` that starts with one runs the executable instead. */
  readonly commands?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  /** Tags that exist; undefined: every tag does. */
  readonly tags?: readonly string[];
}

/** image name without tag (`shop`, `ghcr.io/acme/shop`), or a whole reference (`shop:v3`), which wins -> its program */
export type ImageTable = Readonly<Record<string, ImageProgram>>;

export interface ImageReference {
  readonly name: string;
  /** `latest` where the reference names neither tag nor digest; empty where it names only a digest. */
  readonly tag: string;
}

/** Splits `registry:5000/team/app:v1@sha256:...` the way container tools do. */
export function parseImage(reference: string): ImageReference {
  const [named = '', digest] = reference.split('@', 2);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const name = hasTag ? named.slice(0, colon) : named;
  return { name, tag: hasTag ? named.slice(colon + 1) : digest === undefined ? 'latest' : '' };
}

/** The program behind an image, or undefined where the table (or the tag in it) does not exist. */
export function findImage(table: ImageTable, reference: string): ImageProgram | undefined {
  const { name, tag } = parseImage(reference);
  const short = name.replace(/^docker\.io\/(library\/)?/, '');
  const key = [reference, name, short].find((candidate) => Object.hasOwn(table, candidate));
  const program = key === undefined ? undefined : table[key];
  if (program?.tags !== undefined && !program.tags.includes(tag)) return undefined;
  return program;
}

/** What to run: a container's `command` replaces the entry point, its `args` the default arguments. */
export function commandLine(
  program: ImageProgram,
  container: { readonly command?: Container['command'] | undefined; readonly args?: Container['args'] | undefined },
): readonly string[] {
  const [first, ...rest] = container.command ?? [];
  if (first === undefined) return [program.executable, ...program.args, ...(container.args ?? program.defaultArgs ?? [])];
  const entryPoint = program.commands?.includes(first) === true ? [program.executable, ...program.args] : [first];
  return [...entryPoint, ...rest, ...(container.args ?? [])];
}
