/** The folder of one run, outside the checkout: logs, certificates, kubeconfigs. Logs stay for a day, so a failure can be read afterwards. */
import { mkdir, mkdtemp, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheRoot } from './provision/cache.ts';

const keptMs = 24 * 60 * 60 * 1000;

export async function createRunDirectory(name: string): Promise<string> {
  const runs = join(dirname(cacheRoot(process.env)), 'runs');
  await mkdir(runs, { recursive: true });
  await removeOld(runs);
  const started = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return await mkdtemp(join(runs, `${started}-${name}-`));
}

/** Keeps the logs, at any depth, which a person reads after a run; takes away keys and data. */
export async function cleanRunDirectory(runDir: string): Promise<void> {
  for (const entry of await readdir(runDir, { withFileTypes: true })) {
    const path = join(runDir, entry.name);
    if (entry.isDirectory()) {
      await cleanRunDirectory(path);
      // Stays when there is a log in it.
      await rmdir(path).catch(() => {});
    } else if (!entry.name.endsWith('.log')) await rm(path, { force: true });
  }
}

async function removeOld(runs: string): Promise<void> {
  for (const entry of await readdir(runs)) {
    const path = join(runs, entry);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > keptMs) await rm(path, { recursive: true, force: true });
  }
}
