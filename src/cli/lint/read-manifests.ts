/** Reads the manifests of files, folders and standard input (`-`). Throws CommandError for what cannot be opened; what is no YAML is told, not thrown. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../runtime/log.ts';
import { CommandError, type Context } from '../command.ts';
import { type Manifest, type ReadFile, readDocuments, type Unreadable } from './documents.ts';

export async function readManifests(files: readonly string[], context: Context): Promise<ReadFile> {
  const manifests: Manifest[] = [];
  const unreadable: Unreadable[] = [];
  for (const file of files) {
    for (const [name, text] of await texts(file, context)) {
      const read = readDocuments(name, text);
      manifests.push(...read.manifests);
      unreadable.push(...read.unreadable);
    }
  }
  return { manifests, unreadable };
}

/** name -> text; of a folder all manifests in it, in the order of their names. */
async function texts(file: string, context: Context): Promise<readonly (readonly [string, string])[]> {
  if (file === '-') return [['standard input', await context.readInput()]];
  try {
    if (!(await stat(file)).isDirectory()) return [[file, await readFile(file, 'utf8')]];
    const entries = await readdir(file, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
    return await Promise.all(paths.toSorted().map(async (path) => [path, await readFile(path, 'utf8')] as const));
  } catch (cause) {
    throw new CommandError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
