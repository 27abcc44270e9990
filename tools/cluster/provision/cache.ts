/**
 * The cache of parts, outside the checkout: <cache>/rampart/parts/<part>/<version>/. A folder appears there whole, by a rename, and only while its
 * lock is held; the lock is the kernel's, so it cannot outlive the process that took it.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Part } from '../parts.ts';
import { CommandFailed } from './run-command.ts';

export interface CacheLocation {
  readonly XDG_CACHE_HOME?: string | undefined;
}

export function cacheRoot(env: CacheLocation): string {
  const base = env.XDG_CACHE_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'rampart', 'parts');
}

export function cachedFolder(root: string, part: Part): string {
  return join(root, part.name, part.version);
}

/** What partPath answers for a cached part: its executable, or its folder. */
export function pathInFolder(folder: string, part: Part): string {
  return part.recipe.kind === 'go-files' || part.recipe.kind === 'debs' ? folder : join(folder, part.name);
}

/** Path of the part when it is in the cache, else undefined. */
export async function findCached(root: string, part: Part): Promise<string | undefined> {
  const path = pathInFolder(cachedFolder(root, part), part);
  return (await exists(path)) ? path : undefined;
}

/** Fills an empty folder by `make` and puts it into the cache as the part's own; an earlier one is replaced. */
export async function storeInCache(root: string, part: Part, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = cachedFolder(root, part);
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    await make(unfinished);
    await chmod(unfinished, 0o755);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return pathInFolder(folder, part);
}

/** Runs `work` while no other process on this machine holds the same lock. `onWait` is called once when somebody else has it. */
export async function withLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  // `cat` ends when this process does, however it dies, and flock releases the lock with it.
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  const waiting = setTimeout(onWait, 500);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.once('error', (error) => reject(new CommandFailed(`flock ${file}`, `could not be started (${error.message})`, '')));
      holder.stdout.once('data', () => resolve());
      holder.once('exit', () => reject(new CommandFailed(`flock ${file}`, 'ended before it had the lock', '')));
    });
    clearTimeout(waiting);
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
    await ended;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
