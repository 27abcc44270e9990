/** The kinds and objects that the contract suite of the Cluster port is made with. */
import type { KubeObject, ReplicaSet } from '../../src/api/kubernetes.ts';
import type { ApiError, Resource, WatchEvent } from '../../src/runtime/cluster.ts';

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export interface Pod extends KubeObject {
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface DisruptionBudget extends KubeObject {
  readonly spec: { readonly minAvailable: number; readonly selector: { readonly matchLabels: Readonly<Record<string, string>> } };
  readonly status?: { readonly observedGeneration?: number; readonly currentHealthy?: number };
}

export const configMaps: Resource<ConfigMap> = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};
export const pods: Resource<Pod> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
export const replicaSets: Resource<ReplicaSet> = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  namespaced: true,
};
export const disruptionBudgets: Resource<DisruptionBudget> = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  namespaced: true,
};
export const unknownKind: Resource = { group: 'example.org', version: 'v1', kind: 'Nothing', plural: 'nothings', namespaced: true };

export function configMap(namespace: string, name: string, data: ConfigMap['data'] = { color: 'red' }, labels = {}): ConfigMap {
  return { metadata: { namespace, name, labels }, data: data ?? {} };
}

/** Asks for no pods. */
export function replicaSet(namespace: string, name: string): ReplicaSet {
  const labels = { app: name };
  const containers = [
    { name: 'main', image: 'example:1' },
    { name: 'side', image: 'example:1' },
  ];
  return {
    metadata: { namespace, name, labels },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

/** `ADDED a`, bookmarks and errors by their names. */
export function summary(event: WatchEvent<KubeObject>): string {
  if (event.type === 'BOOKMARK') return event.initialEventsEnd ? 'END' : 'BOOKMARK';
  if (event.type === 'ERROR') return `ERROR ${event.error.code}`;
  return `${event.type} ${event.object.metadata.name}`;
}

/** The events of a watch until `isLast`, bookmarks on the way left out. */
export async function eventsUntil<T extends KubeObject>(
  watch: AsyncIterable<WatchEvent<T>>,
  isLast: (event: WatchEvent<T>) => boolean,
): Promise<WatchEvent<T>[]> {
  const seen: WatchEvent<T>[] = [];
  for await (const event of watch) {
    if (event.type !== 'BOOKMARK' || isLast(event)) seen.push(event);
    if (isLast(event)) return seen;
  }
  return seen;
}

export function codeOf(error: unknown): ApiError['code'] | undefined {
  return error instanceof Error && 'code' in error ? (error.code as ApiError['code']) : undefined;
}
