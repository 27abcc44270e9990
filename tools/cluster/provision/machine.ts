/** Looks at the machine: which copies of a part it has, and which tools that can make one. */
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Part } from '../parts.ts';
import { cacheRoot, findCached } from './cache.ts';
import { runCommand } from './run-command.ts';
import type { FoundCopy, MachineFacts } from './source.ts';
import { versionIn } from './source.ts';

export interface ProvisionEnv {
  readonly KUBEBUILDER_ASSETS?: string | undefined;
  readonly XDG_CACHE_HOME?: string | undefined;
  readonly PATH?: string | undefined;
}

export async function lookAround(part: Part, env: ProvisionEnv): Promise<MachineFacts> {
  const assetsFolder = env.KUBEBUILDER_ASSETS;
  const assets = part.fromAssets && assetsFolder ? await copyAt(part, join(assetsFolder, part.name)) : undefined;
  const cached = await findCached(cacheRoot(env), part);
  const onPath = part.fromMachine && cached === undefined ? await findOnPath(part.name, env) : undefined;
  const [go, python, apt, dpkg] = await Promise.all(['go', 'python3', 'apt-get', 'dpkg'].map((tool) => findOnPath(tool, env)));
  return {
    assets,
    cached,
    machine: onPath === undefined ? undefined : await copyAt(part, onPath),
    hasGo: go !== undefined,
    hasPip: python !== undefined,
    hasApt: apt !== undefined && dpkg !== undefined,
  };
}

/** The version that the executable says it has; undefined when it does not run or does not say. */
export async function versionOf(part: Part, path: string): Promise<string | undefined> {
  if (part.versionArgs === undefined) return part.version;
  const output = await runCommand(path, part.versionArgs, { timeoutMs: 20_000 }).catch(() => '');
  return versionIn(output);
}

export async function findOnPath(name: string, env: ProvisionEnv): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (folder !== '' && (await isExecutable(path))) return path;
  }
  return undefined;
}

async function copyAt(part: Part, path: string): Promise<FoundCopy | undefined> {
  if (!(await isExecutable(path))) return undefined;
  const version = await versionOf(part, path);
  return version === undefined ? undefined : { path, version };
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
