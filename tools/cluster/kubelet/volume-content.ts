/**
 * What the files of a volume are, as data: pure, given the objects they come from. Tokens and objects are fetched, and files written,
 * elsewhere.
 */
import { downward, type Surroundings } from './environment.ts';
import type { DownwardItem, KeyToPath, ObjectSource, ProjectedSource, Volume } from './pod-types.ts';

export interface VolumeFile {
  readonly content: string | Buffer;
  readonly mode: number;
}

/** `configmap/<name>` and `secret/<name>` -> key -> bytes */
export type ObjectBytes = ReadonlyMap<string, Readonly<Record<string, Buffer>>>;

export interface TokenSpec {
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

/** A volume cannot be filled (yet); it is tried again. */
export class VolumeError extends Error {}

/** The volume as a list of projected sources; undefined for kinds without content of their own (emptyDir, hostPath). Throws VolumeError. */
export function sourcesOf(volume: Volume): { readonly sources: readonly ProjectedSource[]; readonly mode: number } | undefined {
  const { configMap, secret, projected, downwardAPI } = volume;
  const modeOf = ({ defaultMode }: { readonly defaultMode?: number }) => defaultMode ?? 0o644;
  if (configMap !== undefined) return { sources: [{ configMap }], mode: modeOf(configMap) };
  if (secret !== undefined) return { sources: [{ secret: { ...secret, name: secret.secretName } }], mode: modeOf(secret) };
  if (projected !== undefined) return { sources: projected.sources ?? [], mode: modeOf(projected) };
  if (downwardAPI !== undefined) return { sources: [{ downwardAPI }], mode: modeOf(downwardAPI) };
  if (volume.emptyDir !== undefined || volume.hostPath !== undefined) return undefined;
  throw new VolumeError(`volume "${volume.name}" is of a kind that the process kubelet does not know`);
}

/** The objects a pod's volumes are made from, as `configmap/<name>` and `secret/<name>`. */
export function volumeReferences(volumes: readonly Volume[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const volume of volumes) {
    for (const { configMap, secret } of sourcesOf(volume)?.sources ?? []) {
      if (configMap !== undefined) names.add(`configmap/${configMap.name}`);
      if (secret !== undefined) names.add(`secret/${secret.name}`);
    }
  }
  return names;
}

/** The tokens a volume wants, in order. */
export function tokensOf(volume: Volume): readonly TokenSpec[] {
  return (sourcesOf(volume)?.sources ?? []).flatMap(({ serviceAccountToken: token }) =>
    token === undefined ? [] : [{ audience: token.audience, expirationSeconds: token.expirationSeconds ?? 3600 }],
  );
}

/** path inside the volume -> file. `tokens`: one for each of `tokensOf`. Throws VolumeError when something needed does not exist. */
export function volumeFiles(
  volume: Volume,
  objects: ObjectBytes,
  tokens: readonly string[],
  around: Surroundings,
): ReadonlyMap<string, VolumeFile> {
  const { sources, mode } = sourcesOf(volume) ?? { sources: [], mode: 0 };
  const files = new Map<string, VolumeFile>();
  const waiting = [...tokens];
  for (const { serviceAccountToken, configMap, secret, downwardAPI } of sources) {
    if (serviceAccountToken !== undefined) files.set(serviceAccountToken.path, { content: waiting.shift() ?? '', mode: 0o600 });
    if (configMap !== undefined) addObject(files, 'configmap', configMap, { objects, mode });
    if (secret !== undefined) addObject(files, 'secret', secret, { objects, mode });
    for (const item of downwardAPI?.items ?? []) files.set(item.path, { content: downwardFile(item, around), mode });
  }
  return files;
}

function downwardFile(item: DownwardItem, around: Surroundings): string {
  return downward(item, item.resourceFieldRef?.containerName ?? '', around);
}

function addObject(
  files: Map<string, VolumeFile>,
  kind: 'configmap' | 'secret',
  source: ObjectSource,
  { objects, mode }: { objects: ObjectBytes; mode: number },
): void {
  const data = objects.get(`${kind}/${source.name}`);
  if (data === undefined) {
    if (source.optional === true) return;
    throw new VolumeError(`${kind} "${source.name}" not found`);
  }
  const items: readonly KeyToPath[] = source.items ?? Object.keys(data).map((key) => ({ key, path: key }));
  for (const item of items) {
    const content = data[item.key];
    if (content !== undefined) files.set(item.path, { content, mode: item.mode ?? mode });
    else if (source.optional !== true) throw new VolumeError(`${kind} "${source.name}" has no key "${item.key}"`);
  }
}
