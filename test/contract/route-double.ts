/**
 * A small API server for routes: keeps objects, applies JSON patches as RFC 6902 says, counts generations, and lets a test play the
 * user and the gateway. Only what routers ask of a Cluster is there; the rest throws.
 */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject, LabelSelector } from '../../src/api/kubernetes.ts';
import { readRouteMarks } from '../../src/api/route-mark.ts';
import { type Route, routeResources } from '../../src/providers/traffic/gateway-api/route-object.ts';
import type { RouteSource } from '../../src/providers/traffic/gateway-api/route-selection.ts';
import { ApiError, type Cluster, type JsonPatchOperation, type ObjectKey, type Resource } from '../../src/runtime/cluster.ts';

export class RouteDouble {
  /** `kind/namespace/name` -> object */
  readonly #objects = new Map<string, Route>();
  #frozen: Map<string, Route> | undefined;
  #version = 1;
  /** Runs before the next write, once: someone is faster. */
  beforeNextWrite: (() => void) | undefined;
  /** Thrown instead of writing, while set. */
  refusal: ApiError | undefined;
  reads = 0;
  writes = 0;

  readonly cluster: Cluster;

  readonly source: RouteSource = {
    get: (resource, namespace, name) => this.#cache.get(`${resource.kind}/${namespace}/${name}`),
    list: (resource, namespace, selector) =>
      [...this.#cache.values()].filter(
        ({ kind, metadata }) => kind === resource.kind && metadata.namespace === namespace && matches(metadata, selector),
      ),
    marked: (rollout) =>
      [...this.#cache.values()]
        .filter(({ metadata }) => readRouteMarks(metadata).has(rollout))
        .flatMap((route) =>
          Object.values(routeResources)
            .filter(({ kind }) => kind === route.kind)
            .map((resource) => ({ resource, route })),
        ),
    markedRollouts: () => [...this.#cache.values()].flatMap(({ metadata }) => [...readRouteMarks(metadata).keys()]),
  };

  constructor(...routes: readonly Route[]) {
    for (const route of routes) this.put(route);
    const absent = (): never => {
      throw new Error('routers do not ask for this');
    };
    this.cluster = {
      get: async <T extends KubeObject>(resource: Resource<T>, key: ObjectKey) => {
        this.reads++;
        return this.#objects.get(keyOf(resource, key)) as T | undefined;
      },
      patch: async <T extends KubeObject>(resource: Resource<T>, key: ObjectKey, patch: { type: string; body: unknown }) => {
        const before = this.beforeNextWrite;
        this.beforeNextWrite = undefined;
        before?.();
        if (this.refusal !== undefined) throw this.refusal;
        const old = this.#objects.get(keyOf(resource, key));
        if (old === undefined) return { outcome: 'not-found' as const };
        if (patch.type !== 'json') throw new Error(`a ${patch.type} patch`);
        const patched = applied(old, patch.body as readonly JsonPatchOperation[]);
        if (patched === undefined) return { outcome: 'conflict' as const };
        this.writes++;
        return { outcome: 'done' as const, object: this.put(patched as Route) as KubeObject as T };
      },
      list: absent,
      watch: absent,
      create: absent,
      replace: absent,
      delete: absent,
      evict: absent,
    };
  }

  get #cache(): ReadonlyMap<string, Route> {
    return this.#frozen ?? this.#objects;
  }

  /** Stores it as the API server does: a new resourceVersion, a new generation where the spec differs. */
  put(route: Route): Route {
    const key = `${route.kind}/${route.metadata.namespace}/${route.metadata.name}`;
    const old = this.#objects.get(key);
    const generation = (old?.metadata.generation ?? 0) + (isDeepStrictEqual(old?.spec, route.spec) ? 0 : 1);
    const stored: Route = {
      ...route,
      metadata: { ...route.metadata, uid: old?.metadata.uid ?? `uid-${key}`, generation, resourceVersion: String(this.#version++) },
    };
    this.#objects.set(key, stored);
    return stored;
  }

  live(kind: string, namespace: string, name: string): Route {
    const route = this.#objects.get(`${kind}/${namespace}/${name}`);
    if (route === undefined) throw new Error(`no ${kind} ${namespace}/${name}`);
    return route;
  }

  remove(kind: string, namespace: string, name: string): void {
    this.#objects.delete(`${kind}/${namespace}/${name}`);
  }

  freezeCache(): void {
    this.#frozen = new Map(this.#objects);
  }

  thawCache(): void {
    this.#frozen = undefined;
  }

  /** The gateway looks at every route and accepts it. */
  accept(): void {
    for (const route of this.#objects.values()) this.put(acceptedRoute(route));
  }
}

/** A route with every parent's word on its present generation; `conditions` besides Accepted and ResolvedRefs being true. */
export function acceptedRoute(route: Route, conditions: Readonly<Record<string, { status: string; reason?: string }>> = {}): Route {
  const observedGeneration = route.metadata.generation ?? 0;
  const all = { Accepted: { status: 'True' }, ResolvedRefs: { status: 'True' }, ...conditions };
  const parents = (route.spec?.parentRefs ?? []).map((parentRef) => ({
    parentRef,
    controllerName: 'example.com/gateway',
    conditions: Object.entries(all).map(([type, condition]) => ({ type, ...condition, observedGeneration })),
  }));
  return { ...route, status: { parents } };
}

function keyOf(resource: Pick<Resource, 'kind'>, { namespace, name }: ObjectKey): string {
  return `${resource.kind}/${namespace}/${name}`;
}

function matches(metadata: KubeObject['metadata'], { matchLabels = {} }: LabelSelector): boolean {
  return Object.entries(matchLabels).every(([key, value]) => metadata.labels?.[key] === value);
}

/** The patched copy; undefined where a test fails; throws ApiError `invalid` where a place is not there. */
export function applied(object: unknown, operations: readonly JsonPatchOperation[]): unknown {
  const copy: unknown = structuredClone(object);
  for (const { op, path, value } of operations) {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let holder = copy as Record<string, unknown>;
    for (const key of keys) holder = (holder?.[key] ?? {}) as Record<string, unknown>;
    const list = Array.isArray(holder) && /^\d+$/.test(last) ? holder : undefined;
    if (op === 'test') {
      if (!isDeepStrictEqual(holder[last], value)) return undefined;
    } else if (op === 'remove') {
      if (!(last in holder)) throw new ApiError('invalid', `nothing to remove at ${path}`);
      if (list !== undefined) list.splice(Number(last), 1);
      else delete holder[last];
    } else if (op === 'add' && list !== undefined) {
      if (Number(last) > list.length) throw new ApiError('invalid', `nothing stands before ${path}`);
      list.splice(Number(last), 0, structuredClone(value));
    } else if (op === 'add' || op === 'replace') {
      if (op === 'replace' && !(last in holder)) throw new ApiError('invalid', `nothing to replace at ${path}`);
      holder[last] = structuredClone(value);
    } else throw new Error(`operation ${op}`);
  }
  const { metadata } = copy as { metadata: { labels?: object; annotations?: object } };
  for (const map of ['labels', 'annotations'] as const) {
    if (Object.keys(metadata[map] ?? { some: '' }).length === 0) delete metadata[map];
  }
  return copy;
}
