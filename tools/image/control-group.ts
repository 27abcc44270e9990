/** Takes away the control groups that an engine made for its containers: the kernel keeps empty ones for ever, and lets go of none that a process is in. */
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const root = '/sys/fs/cgroup';
const giveUpMs = 30_000;
const againMs = 100;

/** In each hierarchy of version 1, or in the one of version 2. Throws when a process stays in it: then something outlived its engine. */
export async function removeControlGroup(name: string): Promise<void> {
  const deadline = performance.now() + giveUpMs;
  for (const hierarchy of [root, ...(await subfolders(root))]) {
    const folder = join(hierarchy, name);
    while (!(await removeTree(folder))) {
      if (performance.now() > deadline) throw new Error(`a process is still in ${folder}, though its engine has ended`);
      await delay(againMs);
    }
  }
}

/** False while a process is in it or below. */
async function removeTree(folder: string): Promise<boolean> {
  for (const child of await subfolders(folder)) await removeTree(child);
  return await rmdir(folder).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}

async function subfolders(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
}
