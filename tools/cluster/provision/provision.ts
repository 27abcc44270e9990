/**
 * Gets parts: takes each from its source and makes what nobody has, one at a time on this machine, with a display of how long it will take. Making
 * needs the network, so it happens before a network namespace is entered.
 */
import { join } from 'node:path';
import type { PartName } from '../contract.ts';
import type { Part } from '../parts.ts';
import { parts } from '../parts.ts';
import { cacheRoot, findCached, storeInCache, withLock } from './cache.ts';
import type { ProvisionEnv } from './machine.ts';
import { lookAround, versionOf } from './machine.ts';
import { ProgressView } from './progress-view.ts';
import { makePart } from './recipes.ts';
import type { Source } from './source.ts';
import { chooseSource } from './source.ts';

/** One thing has to be installed before a part can be had. */
export class PartUnavailable extends Error {
  readonly install: string;

  constructor(part: Part, install: string) {
    super(`${part.name} ${part.version} is not on this machine and cannot be made here. Install ${install}.`);
    this.name = 'PartUnavailable';
    this.install = install;
  }
}

export async function sourceOf(name: PartName, env: ProvisionEnv): Promise<Source> {
  const part = parts[name];
  return chooseSource(part, await lookAround(part, env));
}

const found = new Map<PartName, string>();

/** Absolute path of a part that is there already. Throws when it would have to be made: call `ensureParts` first, outside the namespace. */
export async function partPath(name: PartName, env: ProvisionEnv = process.env): Promise<string> {
  const known = found.get(name);
  if (known !== undefined) return known;
  const source = await sourceOf(name, env);
  if (!('path' in source))
    throw new Error(`${name} has not been fetched yet; \`npm run cluster -- parts --fetch ${name}\` fetches it`);
  found.set(name, source.path);
  return source.path;
}

/** Makes sure that all of these are there. Throws PartUnavailable before anything is made when one of them cannot be had. */
export async function ensureParts(names: readonly PartName[], env: ProvisionEnv = process.env): Promise<void> {
  const missing: Part[] = [];
  for (const name of names) {
    const source = await sourceOf(name, env);
    if (source.from === 'nowhere') throw new PartUnavailable(parts[name], source.install);
    if ('path' in source) found.set(name, source.path);
    else missing.push(parts[name]);
  }
  if (missing.length === 0) return;
  const root = cacheRoot(env);
  const onWait = (): void => console.error('rampart: another run is building the parts; waiting for it');
  await withLock(join(root, 'lock'), onWait, () => makeAll(root, missing));
}

async function makeAll(root: string, missing: readonly Part[]): Promise<void> {
  const view = new ProgressView(
    missing.map((part) => ({ name: `${part.name} ${part.version}`, expectedMs: part.expectedSeconds * 1000 })),
  );
  try {
    for (const part of missing) {
      view.begin(`${part.name} ${part.version}`);
      // Whoever held the lock before may have made it.
      const path = (await findCached(root, part)) ?? (await makeChecked(root, part, (text) => view.note(text)));
      found.set(part.name, path);
      view.end();
    }
  } finally {
    view.close();
  }
}

async function makeChecked(root: string, part: Part, note: (text: string) => void): Promise<string> {
  return await storeInCache(root, part, async (folder) => {
    await makePart(part, folder, note);
    const version = await versionOf(part, join(folder, part.name));
    if (version === undefined || !part.accepts(version)) {
      throw new Error(`${part.name} was made, but says that its version is ${version ?? 'unknown'} instead of ${part.version}`);
    }
  });
}
