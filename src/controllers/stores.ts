/** The stores that controllers read: which kinds, what is kept of each object, and by what it is found. */
import type { AnalysisRun } from '../api/analysis-run.ts';
import type { AnalysisTemplate, ClusterAnalysisTemplate } from '../api/analysis-template.ts';
import type { EndpointSlice, KubeObject, ReplicaSet, Service } from '../api/kubernetes.ts';
import { annotations, labels } from '../api/names.ts';
import * as resources from '../api/resources.ts';
import type { Rollout } from '../api/rollout.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Cluster, Resource } from '../runtime/cluster.ts';
import type { Log } from '../runtime/log.ts';
import { keyText } from '../runtime/object-key.ts';
import { Store, type StoreOptions } from '../runtime/store.ts';
import { routeReferences, serviceNames, stemOf, templateReferences } from './rollout/references.ts';

export interface Stores {
  readonly rollouts: Store<Rollout>;
  readonly replicaSets: Store<ReplicaSet>;
  readonly services: Store<Service>;
  readonly endpointSlices: Store<EndpointSlice>;
  readonly analysisRuns: Store<AnalysisRun>;
  readonly analysisTemplates: Store<AnalysisTemplate>;
  readonly clusterAnalysisTemplates: Store<ClusterAnalysisTemplate>;
}

/** The value under which every Rollout of a namespace that uses templates is found; without a namespace, every one of all. */
export const anyTemplate = (namespace: string | undefined): string => `${namespace ?? ''}/*`;

export interface StoresOptions {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
  /** False where watches show only objects of one instance. */
  readonly takesOwnWrites: boolean;
}

export function createStores({ cluster, clock, log, takesOwnWrites }: StoresOptions): Stores {
  const store = <T extends KubeObject>(resource: Resource<T>, options: Pick<StoreOptions<T>, 'trim' | 'indexes'> = {}) =>
    new Store<T>({ resource, clock, log, takesOwnWrites, fetch: (key) => cluster.get(resource, key), ...options });
  return {
    rollouts: store<Rollout>(resources.rollouts, {
      indexes: {
        service: (rollout) => serviceNames(rollout).map((name) => keyText({ namespace: rollout.metadata.namespace, name })),
        template: (rollout) =>
          templateReferences(rollout).length > 0 ? [anyTemplate(rollout.metadata.namespace), anyTemplate(undefined)] : [],
        route: routeReferences,
      },
    }),
    replicaSets: store<ReplicaSet>(resources.replicaSets, {
      trim: trimReplicaSet,
      indexes: {
        stem: ({ metadata }) => [keyText({ namespace: metadata.namespace, name: stemOf(metadata.name) })],
        orphan: (replicaSet) => (isOrphan(replicaSet) ? [replicaSet.metadata.namespace ?? ''] : []),
      },
    }),
    services: store<Service>(resources.services, {
      trim: ({ apiVersion, kind, metadata, spec }) => ({
        ...(apiVersion !== undefined && { apiVersion }),
        ...(kind !== undefined && { kind }),
        metadata,
        spec: {
          ...(spec.selector !== undefined && { selector: spec.selector }),
          ...(spec.ports !== undefined && { ports: spec.ports }),
        },
      }),
      indexes: { managedBy: managers },
    }),
    endpointSlices: store<EndpointSlice>(resources.endpointSlices, {
      indexes: {
        service: ({ metadata }) => {
          const name = metadata.labels?.['kubernetes.io/service-name'];
          return name === undefined ? [] : [keyText({ namespace: metadata.namespace, name })];
        },
      },
    }),
    analysisRuns: store<AnalysisRun>(resources.analysisRuns),
    analysisTemplates: store<AnalysisTemplate>(resources.analysisTemplates),
    clusterAnalysisTemplates: store<ClusterAnalysisTemplate>(resources.clusterAnalysisTemplates),
  };
}

/** `namespace/rollout` of the Rollout that a Service is annotated for. */
export function managers({ metadata }: Service): readonly string[] {
  const name = metadata.annotations?.[annotations.managedBy];
  return name === undefined ? [] : [keyText({ namespace: metadata.namespace, name })];
}

/** No controller, but a hash label: it may be one that a Rollout left behind. */
function isOrphan({ metadata }: ReplicaSet): boolean {
  return (
    metadata.labels?.[labels.podTemplateHash] !== undefined &&
    metadata.ownerReferences?.some(({ controller }) => controller === true) !== true
  );
}

/** ReplicaSets that belong to others, such as Deployments, are kept by name only: their pod templates are most of a cluster's memory. */
function trimReplicaSet(replicaSet: ReplicaSet): ReplicaSet {
  const owner = replicaSet.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined ? isOrphan(replicaSet) : owner.kind === resources.rollouts.kind) return replicaSet;
  return { metadata: replicaSet.metadata, spec: { selector: {}, template: {} } };
}
