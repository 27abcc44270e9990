/** Where the API server keeps an object, by asking it which kinds it has. Remembers what it has seen, asks again for what it has not. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { RawApi } from './raw-api.ts';

interface ApiResource {
  /** Plural; subresources have a slash in it. */
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export class Kinds {
  readonly #api: RawApi;
  /** apiVersion -> its resources */
  readonly #known = new Map<string, readonly ApiResource[]>();

  constructor(api: RawApi) {
    this.#api = api;
  }

  /** Path of the object; a namespaced one without namespace is taken to be in `default`. Undefined when the kind is unknown. */
  async pathOf(object: KubernetesObject): Promise<string | undefined> {
    const { apiVersion = '', kind = '', metadata } = object;
    const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = await this.#find(apiVersion, base, kind);
    if (resource === undefined) return undefined;
    const namespace = resource.namespaced ? `/namespaces/${encodeURIComponent(metadata?.namespace ?? 'default')}` : '';
    return `${base}${namespace}/${resource.name}/${encodeURIComponent(metadata?.name ?? '')}`;
  }

  async #find(apiVersion: string, base: string, kind: string): Promise<ApiResource | undefined> {
    const matches = (resource: ApiResource): boolean => resource.kind === kind && !resource.name.includes('/');
    const remembered = this.#known.get(apiVersion)?.find(matches);
    if (remembered !== undefined) return remembered;
    const answer = await this.#api.send({ method: 'GET', path: base });
    if (answer.status !== 200) return undefined;
    const { resources = [] } = answer.body as { readonly resources?: readonly ApiResource[] };
    this.#known.set(apiVersion, resources);
    return resources.find(matches);
  }
}
