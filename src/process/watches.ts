/** Everything that the process watches, started together and ended together; whether it leads does not matter to it. */
import type { Job, KubeObject } from '../api/kubernetes.ts';
import { ingresses as ingressResource } from '../api/resources.ts';
import { createJobInformer } from '../controllers/job-informer.ts';
import { createRouteInformer, servedVersion } from '../controllers/route-informers.ts';
import { createInformers, type InformerSettings, type Stores, storesOf } from '../controllers/stores.ts';
import { Workloads } from '../controllers/workloads.ts';
import type { ControllerOptions } from '../options/controller-options.ts';
import { type RouteKind, routeKinds, routeResources } from '../providers/traffic/gateway-api/route-object.ts';
import type { Resource } from '../runtime/cluster.ts';
import type { Informer } from '../runtime/informer.ts';
import type { Store } from '../runtime/store.ts';

export interface Watches {
  readonly stores: Stores;
  /** Jobs of analyses; nobody waits for them, since not every installation may see them. */
  readonly jobs: Store<Job>;
  /** kind of route -> its store, of the version that the cluster serves */
  readonly routes: Readonly<Record<RouteKind, Store<KubeObject>>>;
  readonly routeResources: Readonly<Record<RouteKind, Resource>>;
  readonly workloads: Workloads;
  readonly ingresses: Store<KubeObject>;
  /** Why no Ingress can be seen; undefined where they can. */
  ingressTrouble(): 'not-found' | 'forbidden' | undefined;
  /** Settles when every store can be relied on. */
  readonly synced: Promise<void>;
  /** Plurals of the kinds whose first list is not in. */
  missing(): readonly string[];
  /** Ends the watches and settles when they have ended. */
  stop(): Promise<void>;
}

const otherVersions: Readonly<Record<RouteKind, readonly string[]>> = {
  httpRoute: ['v1beta1'],
  grpcRoute: ['v1alpha2'],
  tcpRoute: ['v1', 'v1beta1', 'v1alpha2'],
  tlsRoute: ['v1', 'v1alpha3', 'v1alpha2'],
};

/** `namespaced`: cluster-scoped kinds cannot be read, so there are none. */
export async function startWatches(
  settings: InformerSettings,
  { namespaced: isNamespaced, analysisJobNamespace }: Pick<ControllerOptions, 'namespaced' | 'analysisJobNamespace'>,
  signal: AbortSignal,
): Promise<Watches> {
  const abort = new AbortController();
  const ended = AbortSignal.any([signal, abort.signal]);
  const { clusterAnalysisTemplates, ...namespacedInformers } = createInformers(settings);
  const served = await servedRoutes(settings, ended);
  const jobs = createJobInformer(settings, analysisJobNamespace);
  const routeInformers = routeKinds.map((kind) => [kind, createRouteInformer(served[kind], settings)] as const);
  const ingresses = createRouteInformer(ingressResource, settings);
  const onDemand = [...routeInformers.map(([, route]) => route), ingresses];
  const always: readonly Pick<Informer<KubeObject>, 'run'>[] = [
    ...Object.values(namespacedInformers),
    ...(isNamespaced ? [] : [clusterAnalysisTemplates]),
  ];
  const running = [...always, jobs, ...onDemand.map(({ informer }) => informer)].map((informer) => informer.run(ended));
  const stores = storesOf({ ...namespacedInformers, clusterAnalysisTemplates });
  const needed = Object.values(stores).filter(
    (store) => !(isNamespaced && store.resource.plural === clusterAnalysisTemplates.store.resource.plural),
  );
  const workloads = new Workloads(settings, stores.rollouts);
  workloads.run(ended);
  const settled = Promise.all([...needed.map((store) => store.whenSynced()), ...onDemand.map((route) => route.settled)]);
  return {
    stores,
    jobs: jobs.store,
    routes: Object.fromEntries(routeInformers.map(([kind, { informer }]) => [kind, informer.store])) as Watches['routes'],
    routeResources: served,
    ingresses: ingresses.informer.store,
    ingressTrouble: ingresses.trouble,
    workloads,
    // Which workloads are needed is known when the Rollouts are.
    synced: settled.then(() => workloads.settled()),
    missing: () => needed.filter((store) => !store.hasSynced).map((store) => store.resource.plural),
    stop: async () => {
      abort.abort();
      await Promise.all([...running, workloads.stopped()]);
    },
  };
}

async function servedRoutes(settings: InformerSettings, signal: AbortSignal): Promise<Readonly<Record<RouteKind, Resource>>> {
  const found = routeKinds.map(async (kind) => {
    const first = routeResources[kind];
    const others = otherVersions[kind].filter((version) => version !== first.version).map((version) => ({ ...first, version }));
    return [kind, await servedVersion([first, ...others], settings, signal)] as const;
  });
  return Object.fromEntries(await Promise.all(found)) as Record<RouteKind, Resource>;
}
