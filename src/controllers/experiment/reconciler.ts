/**
 * Experiments are not served by this version: one that is applied gets phase Error and a sentence that says so, and nothing is started
 * for it. Those of a Rollout's steps never come into being, since such a Rollout is refused.
 */
import type { Experiment } from '../../api/experiment.ts';
import { experiments } from '../../api/resources.ts';
import { awaitChange, type Next } from '../../core/decision.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import type { Store } from '../../runtime/store.ts';

const message =
  'Experiments are not served by this version of Rampart; nothing was started. An AnalysisRun can measure without one.';

export class ExperimentReconciler {
  readonly #cluster: Pick<Cluster, 'patch'>;
  readonly #store: Pick<Store<Experiment>, 'getByKey'>;

  constructor(cluster: Pick<Cluster, 'patch'>, store: Pick<Store<Experiment>, 'getByKey'>) {
    this.#cluster = cluster;
    this.#store = store;
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Next> {
    const experiment = this.#store.getByKey(key);
    // One that the incumbent has begun or ended keeps what it says.
    if (experiment === undefined || (experiment.status?.phase ?? '') !== '') return awaitChange;
    const { namespace, name, resourceVersion } = experiment.metadata;
    const body = { metadata: { resourceVersion }, status: { phase: 'Error', message } };
    await this.#cluster.patch(experiments, { namespace, name }, { type: 'merge', body }, { signal });
    return awaitChange;
  }
}
