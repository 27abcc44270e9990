import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parts } from '../parts.ts';
import { cacheRoot, findCached, storeInCache, withLock } from './cache.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rampart-cache-test-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('the cache of parts', () => {
  it('lies where XDG_CACHE_HOME says, else in the home folder', () => {
    expect(cacheRoot({ XDG_CACHE_HOME: '/somewhere' })).toBe('/somewhere/rampart/parts');
    for (const env of [{}, { XDG_CACHE_HOME: '' }]) expect(cacheRoot(env)).toMatch(/\/\.cache\/rampart\/parts$/);
  });

  it('has a part once it was made whole', async () => {
    expect(await findCached(root, parts.etcd)).toBeUndefined();
    const path = await storeInCache(root, parts.etcd, async (folder) => await writeFile(join(folder, 'etcd'), 'program'));
    expect(path).toBe(join(root, 'etcd', '3.7.0', 'etcd'));
    expect(await findCached(root, parts.etcd)).toBe(path);
    expect(await readFile(path, 'utf8')).toBe('program');
  });

  it('has nothing of a part that failed half-way, not even rubbish', async () => {
    const failing = storeInCache(root, parts.etcd, async (folder) => {
      await writeFile(join(folder, 'etcd'), 'half');
      throw new Error('the disk is full');
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await findCached(root, parts.etcd)).toBeUndefined();
    expect(await readdir(join(root, 'etcd'))).toEqual([]);
  });
});

describe('the lock', () => {
  it('lets one at a time work, and tells who waits', async () => {
    const file = join(root, 'lock');
    const events: string[] = [];
    const work = async (name: string, during: Promise<void>) =>
      await withLock(
        file,
        () => events.push(`${name} waits`),
        async () => {
          events.push(`${name} begins`);
          await during;
          events.push(`${name} ends`);
        },
      );
    const release = Promise.withResolvers<void>();
    const first = work('first', release.promise);
    await until(() => events.includes('first begins'));
    const second = work('second', Promise.resolve());
    await until(() => events.includes('second waits'));
    release.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(['first begins', 'second waits', 'first ends', 'second begins', 'second ends']);
  });

  it('is free again when its holder was killed', async () => {
    const file = join(root, 'lock');
    const module = new URL('cache.ts', import.meta.url).href;
    const script = `const { withLock } = await import(${JSON.stringify(module)});
      await withLock(${JSON.stringify(file)}, () => {}, async () => { console.log('held'); await new Promise((r) => setTimeout(r, 60_000)); });`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    holder.kill('SIGKILL');
    expect(
      await withLock(
        file,
        () => {},
        async () => 'mine',
      ),
    ).toBe('mine');
  });

  it('is given back when the work fails', async () => {
    const file = join(root, 'lock');
    const failing = withLock(
      file,
      () => {},
      async () => await Promise.reject(new Error('no')),
    );
    await expect(failing).rejects.toThrow('no');
    expect(
      await withLock(
        file,
        () => {},
        async () => 'mine',
      ),
    ).toBe('mine');
  });
});

async function until(isTrue: () => boolean): Promise<void> {
  await expect.poll(isTrue, { timeout: 5000, interval: 10 }).toBe(true);
}
