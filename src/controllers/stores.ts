/** The stores that controllers read: which kinds, what is kept of each object, and by what it is found. */
import type { AnalysisRun } from '../api/analysis-run.ts';
import type { AnalysisTemplate, ClusterAnalysisTemplate } from '../api/analysis-template.ts';
import type { Experiment } from '../api/experiment.ts';
import type { EndpointSlice, KubeObject, ReplicaSet, Service } from '../api/kubernetes.ts';
import { annotations, labels } from '../api/names.ts';
import * as resources from '../api/resources.ts';
import type { Rollout } from '../api/rollout.ts';
import type { Resource } from '../runtime/cluster.ts';
import { Informer, type InformerOptions } from '../runtime/informer.ts';
import { keyText } from '../runtime/object-key.ts';
import type { Store, StoreOptions } from '../runtime/store.ts';
import { withKeptSpec } from '../runtime/trim.ts';
import * as experimentReferences from './experiment/references.ts';
import { routeReferences, serviceNames, stemOf, templateReferences, workloadOf } from './rollout/references.ts';

export interface Stores {
  readonly rollouts: Store<Rollout>;
  readonly replicaSets: Store<ReplicaSet>;
  readonly services: Store<Service>;
  readonly endpointSlices: Store<EndpointSlice>;
  readonly analysisRuns: Store<AnalysisRun>;
  readonly analysisTemplates: Store<AnalysisTemplate>;
  readonly clusterAnalysisTemplates: Store<ClusterAnalysisTemplate>;
  readonly experiments: Store<Experiment>;
}

/** The value under which every Rollout or Experiment of a namespace that uses templates is found; without a namespace, every one of all. */
export const anyTemplate = (namespace: string | undefined): string => `${namespace ?? ''}/*`;

/** The same kinds, watched. */
export type Informers = { readonly [K in keyof Stores]: Stores[K] extends Store<infer T> ? Informer<T> : never };

/** What every informer of the process is made with. */
export type InformerSettings = Pick<
  InformerOptions<KubeObject>,
  'cluster' | 'clock' | 'random' | 'log' | 'namespace' | 'labelSelector' | 'metrics' | 'backoffMaxMs'
>;

/** `settings.labelSelector` limits Rollouts, AnalysisRuns and Experiments to one instance; what they own and refer to is watched whole. */
export function createInformers(settings: InformerSettings): Informers {
  const { labelSelector, ...everything } = settings;
  const informer = <T extends KubeObject>(resource: Resource<T>, options: Pick<StoreOptions<T>, 'trim' | 'indexes'> = {}) =>
    new Informer<T>({ ...everything, resource, ...options });
  const ofInstance = <T extends KubeObject>(resource: Resource<T>, options: Pick<StoreOptions<T>, 'trim' | 'indexes'> = {}) =>
    new Informer<T>({ ...settings, resource, ...options });
  const { namespace: _, ...clusterWide } = everything;
  return {
    rollouts: ofInstance<Rollout>(resources.rollouts, {
      trim: withKeptSpec,
      indexes: {
        service: bySpec((rollout) => serviceNames(rollout).map((name) => keyText({ namespace: rollout.metadata.namespace, name }))),
        template: bySpec((rollout) =>
          templateReferences(rollout).length > 0 ? [anyTemplate(rollout.metadata.namespace), anyTemplate(undefined)] : [],
        ),
        route: bySpec(routeReferences),
        workload: bySpec((rollout) => {
          const named = workloadOf(rollout);
          return named === undefined ? [] : [`${named.kind}/${keyText(named)}`];
        }),
      },
    }),
    replicaSets: informer<ReplicaSet>(resources.replicaSets, {
      trim: trimReplicaSet,
      indexes: {
        stem: ({ metadata }) => [keyText({ namespace: metadata.namespace, name: stemOf(metadata.name) })],
        orphan: (replicaSet) => (isOrphan(replicaSet) ? [replicaSet.metadata.namespace ?? ''] : []),
      },
    }),
    services: informer<Service>(resources.services, {
      trim: ({ metadata, spec: { selector, ports } }) => ({
        metadata,
        spec: { ...(selector !== undefined && { selector }), ...(ports !== undefined && { ports }) },
      }),
      indexes: { managedBy: managers },
    }),
    endpointSlices: informer<EndpointSlice>(resources.endpointSlices, {
      indexes: {
        service: ({ metadata }) => {
          const name = metadata.labels?.['kubernetes.io/service-name'];
          return name === undefined ? [] : [keyText({ namespace: metadata.namespace, name })];
        },
      },
    }),
    analysisRuns: ofInstance<AnalysisRun>(resources.analysisRuns),
    analysisTemplates: informer<AnalysisTemplate>(resources.analysisTemplates),
    clusterAnalysisTemplates: new Informer<ClusterAnalysisTemplate>({
      ...clusterWide,
      resource: resources.clusterAnalysisTemplates,
    }),
    experiments: ofInstance<Experiment>(resources.experiments, {
      indexes: {
        service: (experiment) =>
          experimentReferences.serviceNames(experiment).map((name) => keyText({ namespace: experiment.metadata.namespace, name })),
        template: (experiment) =>
          experimentReferences.templateReferences(experiment).length > 0
            ? [anyTemplate(experiment.metadata.namespace), anyTemplate(undefined)]
            : [],
      },
    }),
  };
}

export function storesOf(informers: Informers): Stores {
  return {
    rollouts: informers.rollouts.store,
    replicaSets: informers.replicaSets.store,
    services: informers.services.store,
    endpointSlices: informers.endpointSlices.store,
    analysisRuns: informers.analysisRuns.store,
    analysisTemplates: informers.analysisTemplates.store,
    clusterAnalysisTemplates: informers.clusterAnalysisTemplates.store,
    experiments: informers.experiments.store,
  };
}

/** For values that depend on nothing but the spec: versions of an object between which it has not changed share it, and it is read once. */
function bySpec(values: (rollout: Rollout) => readonly string[]): (rollout: Rollout) => readonly string[] {
  const known = new WeakMap<object, readonly string[]>();
  return (rollout) => {
    // What came from the API server may be anything.
    const spec: unknown = rollout.spec;
    if (typeof spec !== 'object' || spec === null) return values(rollout);
    const found = known.get(spec) ?? values(rollout);
    known.set(spec, found);
    return found;
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
function trimReplicaSet(replicaSet: ReplicaSet, kept: ReplicaSet | undefined): ReplicaSet {
  if (isKeptWhole(replicaSet)) return withKeptSpec(replicaSet, kept !== undefined && isKeptWhole(kept) ? kept : undefined);
  return { metadata: replicaSet.metadata, spec: { selector: {}, template: {} } };
}

const keepers: ReadonlySet<string> = new Set([resources.rollouts.kind, resources.experiments.kind]);

function isKeptWhole(replicaSet: ReplicaSet): boolean {
  const owner = replicaSet.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner === undefined ? isOrphan(replicaSet) : keepers.has(owner.kind);
}
