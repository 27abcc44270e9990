/** Which changes lead to a look at which Rollouts. */

import type { KubeObject, Workload } from '../../api/kubernetes.ts';
import { argoGroup } from '../../api/names.ts';
import { experiments as experimentResource, rollouts as rolloutResource } from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import { keyText, keyTextOf } from '../../runtime/object-key.ts';
import { fromMapped, fromOwner, fromSelf, type Source } from '../../runtime/source.ts';
import type { Store } from '../../runtime/store.ts';
import type { Lane } from '../../runtime/workqueue.ts';
import { markedFor } from '../route-informers.ts';
import { anyTemplate, managers, type Stores } from '../stores.ts';

const owner = { group: argoGroup, kind: rolloutResource.kind };

/** Phases of a run that may take an update back, which goes before everything else. */
const mayAbort: ReadonlySet<string | undefined> = new Set(['Failed', 'Error', 'Inconclusive']);

/** `routes` are the stores of route objects that routers read, `workloads` (kind, store) those of `workloadRef`. */
export function rolloutSources(
  stores: Stores,
  routes: readonly Store<KubeObject>[],
  workloads: readonly (readonly [string, Store<Workload>])[],
): readonly Source[] {
  const { rollouts } = stores;
  const found = (index: string, value: string): readonly string[] => rollouts.byIndex(index, value).map(keyTextOf);
  return [
    fromSelf(rollouts, laneOf),
    fromOwner(stores.replicaSets, owner, (replicaSet) => {
      const key = ownerKey(replicaSet, rolloutResource.kind);
      const rollout = key === undefined ? undefined : rollouts.getByKey(key);
      return rollout === undefined ? 'normal' : laneOf(rollout);
    }),
    fromOwner(stores.analysisRuns, owner, ({ status }) => (mayAbort.has(status?.phase) ? 'urgent' : 'normal')),
    fromOwner(stores.experiments, owner, ({ status }) => (mayAbort.has(status?.phase) ? 'urgent' : 'normal')),
    fromMapped(stores.services, (service) => [...found('service', keyTextOf(service)), ...managers(service)]),
    fromMapped(stores.endpointSlices, ({ metadata }) => {
      const name = metadata.labels?.['kubernetes.io/service-name'];
      if (name === undefined) return [];
      const key = keyText({ namespace: metadata.namespace, name });
      return [...found('service', key), ...makerOfService(stores, key)];
    }),
    fromMapped(stores.analysisTemplates, ({ metadata }) => found('template', anyTemplate(metadata.namespace))),
    fromMapped(stores.clusterAnalysisTemplates, () => found('template', anyTemplate(undefined))),
    ...workloads.map(([kind, store]) => fromMapped(store, (workload) => found('workload', `${kind}/${keyTextOf(workload)}`))),
    ...routes.map((store) =>
      fromMapped(store, (route) => [
        ...found('route', keyTextOf(route)),
        ...found('route', `${route.metadata.namespace ?? ''}/*`),
        ...markedFor(route),
      ]),
    ),
  ];
}

/** An abort that is asked for goes before one that is stored, whose pods are still on their way. */
function laneOf({ status }: Rollout): Lane {
  if (status?.abort !== true) return 'normal';
  return status.abortedAt === undefined ? 'urgent' : 'prompt';
}

/** The Rollout behind the Service of an experiment. */
function makerOfService({ services, experiments }: Stores, key: string): readonly string[] {
  const experiment = ownerKey(services.getByKey(key), experimentResource.kind);
  const rollout = experiment === undefined ? undefined : ownerKey(experiments.getByKey(experiment), rolloutResource.kind);
  return rollout === undefined ? [] : [rollout];
}

function ownerKey(object: KubeObject | undefined, kind: string): string | undefined {
  const found = object?.metadata.ownerReferences?.find((reference) => reference.controller === true && reference.kind === kind);
  return found && keyText({ namespace: object?.metadata.namespace, name: found.name });
}
