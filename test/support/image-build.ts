/** Builds the image by the Dockerfile as it is, by the command that a person types, and looks into what came out. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../tools/cluster/provision/run-command.ts';
import { engineOfRun } from './image-engine.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

export interface ImageEntry {
  /** `drwxr-xr-x` */
  readonly mode: string;
  /** `0/0` */
  readonly owner: string;
  /** UTC, `1970-01-01 00:00:00` */
  readonly time: string;
  /** Without a slash at its beginning; that of a folder ends with one. */
  readonly path: string;
}

export interface ImageConfig {
  readonly Config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Labels: Readonly<Record<string, string>>;
    readonly Healthcheck?: { readonly Test: readonly string[] };
  };
  readonly RootFS: { readonly Layers: readonly string[] };
  readonly Size: number;
}

/** The client's standard output. */
export async function docker(...args: readonly string[]): Promise<string> {
  return await runCommand(engineOfRun().client, args, { cwd: root, env: process.env });
}

/** `more`: further options of `docker build`. */
export async function buildImage(tag: string, more: readonly string[] = []): Promise<void> {
  const { nodeImage } = engineOfRun();
  // An engine of our own has no network but the machine's.
  const here = nodeImage === undefined ? [] : ['--network', 'host', '--build-arg', `NODE_IMAGE=${nodeImage}`];
  await docker('build', '--progress', 'plain', ...here, ...more, '--tag', tag, '.');
}

export async function imageConfig(tag: string): Promise<ImageConfig> {
  const [found] = JSON.parse(await docker('image', 'inspect', tag)) as readonly ImageConfig[];
  if (found === undefined) throw new Error(`there is no image ${tag}`);
  return found;
}

/** Every entry of every layer, and the text of those files that `reads` picks by path. */
export async function imageFiles(tag: string, reads: (path: string) => boolean) {
  const work = await mkdtemp(join(tmpdir(), 'rampart-image-'));
  try {
    const saved = join(work, 'image.tar');
    await docker('save', '--output', saved, tag);
    await runCommand('tar', ['--extract', `--file=${saved}`, '-C', work]);
    const [manifest] = JSON.parse(await readFile(join(work, 'manifest.json'), 'utf8')) as readonly {
      readonly Layers: readonly string[];
    }[];
    const entries: ImageEntry[] = [];
    const texts = new Map<string, string>();
    for (const layer of manifest?.Layers ?? []) {
      const file = `--file=${join(work, layer)}`;
      const listing = await runCommand('tar', ['--list', '--verbose', '--numeric-owner', '--utc', '--full-time', file]);
      const ofLayer = listing
        .split('\n')
        .filter((line) => line !== '')
        .map(entryOf);
      entries.push(...ofLayer);
      for (const { path } of ofLayer)
        if (reads(path)) texts.set(path, await runCommand('tar', ['--extract', '--to-stdout', file, path]));
    }
    return { entries, texts };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** `-rwxr-xr-x 0/0 1503 1970-01-01 00:00:00 app/rampart.js` */
function entryOf(line: string): ImageEntry {
  const [, mode, owner, time, path] = /^(\S+) +(\S+) +\d+ (\S+ \S+) (.+)$/.exec(line) ?? [];
  if (mode === undefined || owner === undefined || time === undefined || path === undefined) throw new Error(`tar said: ${line}`);
  return { mode, owner, time, path };
}
