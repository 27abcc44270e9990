/** Collects, from the stores alone, everything that a decision about one Rollout may look at. No request is made here. */
import type { Experiment } from '../../api/experiment.ts';
import type { EndpointSlice, ReplicaSet, Service } from '../../api/kubernetes.ts';
import { isEmptySelector, matchesLabels } from '../../api/label-selector.ts';
import type { Rollout } from '../../api/rollout.ts';
import { referencedTemplates, type TemplateReference } from '../../core/analysis/template-closure.ts';
import type { EffectFailure, ObservedRollout } from '../../core/rollout/observed-rollout.ts';
import { inTurn } from '../../core/rollout/ping-pong.ts';
import type { PodReport } from '../../core/rollout/pod-orders.ts';
import type { RouteEvidence } from '../../core/rollout/routes.ts';
import type { TrafficRouter } from '../../providers/traffic/traffic-router.ts';
import { keyText } from '../../runtime/object-key.ts';
import { decodeOnce as decodeExperiment } from '../experiment/references.ts';
import { managers, type Stores } from '../stores.ts';
import { decodeOnce } from './decoded.ts';
import { serviceNames, templateReferences } from './references.ts';
import { type FindWorkload, withTemplate } from './workload.ts';

/** What came back from earlier passes and is in no store. */
export interface Recollection {
  readonly router: TrafficRouter | undefined;
  readonly routes: RouteEvidence | undefined;
  readonly failures: readonly EffectFailure[];
  readonly numbersHeldSinceMs?: number | undefined;
  readonly isAborting?: boolean | undefined;
  readonly storesBadly?: boolean | undefined;
  readonly findWorkload: FindWorkload;
  readonly podReports?: ReadonlyMap<string, PodReport> | undefined;
}

export function gather(stores: Stores, stored: Rollout, recollection: Recollection): ObservedRollout {
  const decoded = decodeOnce(stored);
  const { rollout, problems, workload } = withTemplate(decoded.rollout, recollection.findWorkload);
  const { namespace, name, uid } = rollout.metadata;
  const own = ownReplicaSets(stores, rollout);
  const ownNames = new Set(own.map(({ metadata }) => metadata.name));
  const sameStem = stores.replicaSets.byIndex('stem', keyText({ namespace, name }));
  const experiments = stores.experiments.byOwner(uid ?? '').map((one) => decodeExperiment(one).experiment);
  const services = referencedServices(stores, rollout, experiments);
  const canary = inTurn(rollout.spec.strategy?.canary ?? {}, rollout.status?.canary);
  return {
    rollout,
    problems: [...decoded.problems, ...problems],
    workload,
    replicaSets: own,
    foreignReplicaSets: new Map(
      sameStem.filter(({ metadata }) => !ownNames.has(metadata.name)).map((found) => [found.metadata.name, found]),
    ),
    analysisRuns: stores.analysisRuns.byOwner(uid ?? ''),
    analysisRunNames: { has: (run) => stores.analysisRuns.get(namespace, run) !== undefined },
    experiments,
    experimentNames: { has: (experiment) => stores.experiments.get(namespace, experiment) !== undefined },
    services,
    endpointSlices: new Map([...services.keys()].map((service) => [service, slicesOf(stores, namespace, service)])),
    otherRollouts: new Set([...services.values()].flatMap(managers).flatMap((key) => otherRolloutName(stores, key, name))),
    ...templatesOf(stores, namespace, templateReferences(rollout)),
    routeProblems:
      (canary.trafficRouting &&
        recollection.router?.problems({ stableService: canary.stableService ?? '', canaryService: canary.canaryService ?? '' })) ??
      [],
    routes: recollection.routes,
    failures: recollection.failures,
    numbersHeldSinceMs: recollection.numbersHeldSinceMs,
    isAborting: recollection.isAborting,
    storesBadly: recollection.storesBadly,
    podReports: recollection.podReports,
  };
}

function ownReplicaSets(stores: Stores, rollout: Rollout): readonly ReplicaSet[] {
  const { namespace, uid } = rollout.metadata;
  const controlled = stores.replicaSets
    .byOwner(uid ?? '')
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.controller === true));
  const { selector } = rollout.spec;
  // An empty selector would take every ReplicaSet of the namespace.
  if (selector === undefined || isEmptySelector(selector)) return controlled;
  const orphans = stores.replicaSets
    .byIndex('orphan', namespace ?? '')
    .filter(
      ({ metadata, spec }) =>
        metadata.deletionTimestamp === undefined && matchesLabels(selector, spec.template.metadata?.labels ?? {}),
    );
  return [...controlled, ...orphans];
}

function referencedServices(stores: Stores, rollout: Rollout, experiments: readonly Experiment[]): ReadonlyMap<string, Service> {
  const found = new Map<string, Service>();
  const ofExperiments = experiments.flatMap(({ status }) =>
    (status?.templateStatuses ?? []).flatMap((one) => one.serviceName ?? []),
  );
  for (const name of [...serviceNames(rollout), ...ofExperiments]) {
    const service = stores.services.get(rollout.metadata.namespace, name);
    if (service !== undefined) found.set(name, service);
  }
  return found;
}

function slicesOf(stores: Stores, namespace: string | undefined, service: string): readonly EndpointSlice[] {
  return stores.endpointSlices.byIndex('service', keyText({ namespace, name: service }));
}

function otherRolloutName(stores: Stores, key: string, own: string): readonly string[] {
  const name = stores.rollouts.getByKey(key)?.metadata.name;
  return name === undefined || name === own ? [] : [name];
}

/** The templates that these references reach and that exist, nested ones included. */
function templatesOf(
  stores: Stores,
  namespace: string | undefined,
  references: readonly TemplateReference[],
): Pick<ObservedRollout, 'analysisTemplates' | 'clusterAnalysisTemplates'> {
  const analysisTemplates = { get: (name: string) => stores.analysisTemplates.get(namespace, name) };
  const clusterAnalysisTemplates = { get: (name: string) => stores.clusterAnalysisTemplates.get(undefined, name) };
  const names = referencedTemplates(references, { analysisTemplates, clusterAnalysisTemplates });
  return {
    analysisTemplates: existing(names.analysisTemplates, analysisTemplates.get),
    clusterAnalysisTemplates: existing(names.clusterAnalysisTemplates, clusterAnalysisTemplates.get),
  };
}

function existing<T>(names: Iterable<string>, get: (name: string) => T | undefined): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const name of names) {
    const template = get(name);
    if (template !== undefined) found.set(name, template);
  }
  return found;
}
