/**
 * The volumes of one pod on disk: fetches what they are made from, writes them, renews tokens before they expire and follows the
 * ConfigMaps and Secrets behind them until it is closed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Surroundings } from './environment.ts';
import { type KubeApi, KubeApiError } from './kube-api.ts';
import type { Mount } from './mount-script.ts';
import { watchObjects } from './object-watch.ts';
import type { Container, Volume } from './pod-types.ts';
import {
  type ObjectBytes,
  sourcesOf,
  type TokenSpec,
  tokensOf,
  VolumeError,
  volumeFiles,
  volumeReferences,
} from './volume-content.ts';
import { writeVolume } from './volume-writer.ts';

interface ConfigObject {
  readonly metadata: { readonly name: string; readonly uid?: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

const plurals = { configmap: 'configmaps', secret: 'secrets' } as const;

function bytesOf(kind: string, object: ConfigObject): Readonly<Record<string, Buffer>> {
  const encoding = kind === 'secret' ? 'base64' : 'utf8';
  const entries = Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)] as const);
  const binary = Object.entries(object.binaryData ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64')] as const);
  return Object.fromEntries([...entries, ...binary]);
}

function collection(reference: string, namespace: string): { path: string; kind: string; name: string } {
  const [kind = '', name = ''] = reference.split('/', 2);
  return { path: `/api/v1/namespaces/${namespace}/${plurals[kind as keyof typeof plurals]}`, kind, name };
}

/** Reads the named objects; those that do not exist are absent. `kube-root-ca.crt` is answered from `ca`, as every cluster's is the same. */
export async function readObjects(
  api: KubeApi,
  ca: string,
  namespace: string,
  references: ReadonlySet<string>,
): Promise<ObjectBytes> {
  const objects = new Map<string, Readonly<Record<string, Buffer>>>();
  const read = async (reference: string) => {
    if (reference === 'configmap/kube-root-ca.crt') return void objects.set(reference, { 'ca.crt': Buffer.from(ca) });
    const { path, kind, name } = collection(reference, namespace);
    try {
      objects.set(reference, bytesOf(kind, await api.get<ConfigObject>(`${path}/${name}`)));
    } catch (error) {
      if (!(error instanceof KubeApiError) || error.status !== 404) throw error;
    }
  };
  await Promise.all([...references].map(read));
  return objects;
}

export interface PodVolumesOptions {
  readonly api: KubeApi;
  readonly ca: string;
  /** The pod's own directory; made if it is missing. */
  readonly directory: string;
  readonly around: () => Surroundings;
  readonly troubled: (message: string) => void;
}

export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #closing = new AbortController();
  #following = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PodVolumesOptions) {
    this.#options = options;
  }

  /** Writes all volumes. Throws VolumeError or KubeApiError when one cannot be filled yet. */
  async prepare(): Promise<void> {
    await this.#writeAll();
    if (this.#closing.signal.aborted || this.#following) return;
    this.#following = true;
    const volumes = this.#pod.spec.volumes ?? [];
    const lifetimes = volumes.flatMap((volume) => tokensOf(volume).map(({ expirationSeconds }) => expirationSeconds));
    if (lifetimes.length > 0) this.#renewEvery(Math.min(...lifetimes) * 800);
    for (const reference of volumeReferences(volumes)) if (reference !== 'configmap/kube-root-ca.crt') this.#follow(reference);
  }

  /** What a container sees of them. Throws VolumeError on a mount of a volume that the pod does not have. */
  mounts(container: Container): readonly Mount[] {
    return (container.volumeMounts ?? []).map(({ name, mountPath, subPath, readOnly }) => {
      const volume = this.#pod.spec.volumes?.find((known) => known.name === name);
      if (volume === undefined)
        throw new VolumeError(`container ${container.name} mounts "${name}", which is no volume of its pod`);
      const root = volume.hostPath?.path ?? this.#directoryOf(volume);
      const source = subPath === undefined ? root : join(root, subPath);
      return { source, target: mountPath, readOnly: readOnly === true };
    });
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  get #pod() {
    return this.#options.around().pod;
  }

  #directoryOf(volume: Volume): string {
    return join(this.#options.directory, 'volumes', volume.name);
  }

  async #writeAll(): Promise<void> {
    const volumes = this.#pod.spec.volumes ?? [];
    const { api, ca } = this.#options;
    const references = volumeReferences(volumes);
    const namespace = this.#pod.metadata.namespace ?? 'default';
    const objects = await readObjects(api, ca, namespace, references);
    await Promise.all(volumes.map((volume) => this.#writeOne(volume, objects)));
  }

  async #writeOne(volume: Volume, objects: ObjectBytes): Promise<void> {
    if (volume.hostPath !== undefined) return;
    const directory = this.#directoryOf(volume);
    await mkdir(directory, { recursive: true, mode: 0o777 });
    if (sourcesOf(volume) === undefined) return;
    const tokens = await Promise.all(tokensOf(volume).map((token) => this.#requestToken(token)));
    await writeVolume(directory, volumeFiles(volume, objects, tokens, this.#options.around()));
  }

  async #requestToken({ audience, expirationSeconds }: TokenSpec): Promise<string> {
    const { name, namespace = 'default', uid } = this.#pod.metadata;
    const account = this.#pod.spec.serviceAccountName ?? 'default';
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name, uid };
    const spec = { expirationSeconds, boundObjectRef, ...(audience === undefined ? {} : { audiences: [audience] }) };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const answer = await this.#options.api.send<{ status: { token: string } }>('POST', path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });
    return answer.status.token;
  }

  #renewEvery(ms: number): void {
    this.#timer = setTimeout(() => {
      void this.#rewrite().finally(() => {
        if (!this.#closing.signal.aborted) this.#renewEvery(ms);
      });
    }, ms);
  }

  #follow(reference: string): void {
    const { path, name } = collection(reference, this.#pod.metadata.namespace ?? 'default');
    const handlers = { changed: () => void this.#rewrite(), gone: () => undefined };
    void watchObjects(this.#options.api, `${path}?fieldSelector=metadata.name%3D${name}`, handlers, this.#closing.signal);
  }

  async #rewrite(): Promise<void> {
    try {
      await this.#writeAll();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#options.troubled(String(error));
    }
  }
}
