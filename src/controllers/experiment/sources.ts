/** Which changes lead to a look at which Experiments. */
import { argoGroup } from '../../api/names.ts';
import { experiments as resource } from '../../api/resources.ts';
import { keyTextOf } from '../../runtime/object-key.ts';
import { fromMapped, fromOwner, fromSelf, type Source } from '../../runtime/source.ts';
import { anyTemplate, type Stores } from '../stores.ts';

const owner = { group: argoGroup, kind: resource.kind };

export function experimentSources(stores: Stores): readonly Source[] {
  const { experiments } = stores;
  const found = (index: string, value: string): readonly string[] => experiments.byIndex(index, value).map(keyTextOf);
  return [
    fromSelf(experiments),
    fromOwner(stores.replicaSets, owner),
    fromOwner(stores.analysisRuns, owner),
    fromOwner(stores.services, owner),
    fromMapped(stores.services, (service) => found('service', keyTextOf(service))),
    fromMapped(stores.analysisTemplates, ({ metadata }) => found('template', anyTemplate(metadata.namespace))),
    fromMapped(stores.clusterAnalysisTemplates, () => found('template', anyTemplate(undefined))),
    // Pods stay for as long as the routes of the Rollout may lead to them.
    fromMapped(stores.rollouts, ({ metadata }) => experiments.byOwner(metadata.uid ?? '').map(keyTextOf)),
  ];
}
