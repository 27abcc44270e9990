/**
 * Writes the files of a volume so that a reader sees either all old or all new ones: into a directory of their own that the `..data` link
 * is then moved to, as Kubernetes lays volumes out.
 */
import { mkdir, mkdtemp, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { VolumeFile } from './volume-content.ts';
import { VolumeError } from './volume-content.ts';

/** `directory` exists. Throws VolumeError on a path that leads out of it. */
export async function writeVolume(directory: string, files: ReadonlyMap<string, VolumeFile>): Promise<void> {
  const fresh = await mkdtemp(`${directory}/..`);
  for (const [path, { content, mode }] of files) {
    const safe = normalize(path);
    if (safe.startsWith('..') || safe.startsWith('/')) throw new VolumeError(`"${path}" leads out of its volume`);
    await mkdir(dirname(join(fresh, safe)), { recursive: true });
    await writeFile(join(fresh, safe), content, { mode });
  }
  const before = await readlink(join(directory, '..data')).catch(() => undefined);
  const name = fresh.slice(directory.length + 1);
  await symlink(name, join(directory, '..data_tmp'));
  await rename(join(directory, '..data_tmp'), join(directory, '..data'));
  for (const top of new Set([...files.keys()].map((path) => normalize(path).split('/')[0] ?? path))) {
    await symlink(join('..data', top), join(directory, top)).catch(ignoreExisting);
  }
  if (before !== undefined) await rm(join(directory, before), { recursive: true, force: true });
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
