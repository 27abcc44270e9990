/**
 * Measures by a Job: that it completes is the answer. Jobs are made only in the namespace of their run (or in the one that whoever runs the
 * controller names for all), and only where a RoleBinding lets the controller; what is not made for this very run is neither read nor deleted.
 * Names are made from the run, so a Job is made once, whoever asks.
 */
import type { JobMetric } from '../../../api/analysis-template.ts';
import type { Job, PodOfJob } from '../../../api/kubernetes.ts';
import { jobs, pods } from '../../../api/resources.ts';
import { jobMetricProblems } from '../../../core/analysis/job-metric-problems.ts';
import type { MeasurementQuery } from '../../../core/analysis/run-plan.ts';
import { ApiError, type Cluster } from '../../../runtime/cluster.ts';
import {
  type LastingAnswer,
  type LastingMetricProvider,
  type MeasureContext,
  type MeasurementOrigin,
  MetricProviderError,
} from '../metric-provider.ts';
import { endOf, isFinished } from './job-end.ts';
import { isOf, jobName, jobOf } from './job-object.ts';
import { describeRefusal } from './refusal.ts';
import { referToSecrets } from './secret-references.ts';

export interface JobOptions {
  readonly cluster: Pick<Cluster, 'get' | 'list' | 'create' | 'delete'>;
  /** Jobs as far as they are watched; where they are not, they are asked for from time to time. */
  readonly watched: (namespace: string, name: string) => Job | undefined;
  /** Where all Jobs are made; each in the namespace of its run if absent. */
  readonly namespace?: string | undefined;
}

type Run = MeasurementOrigin['run'];
type Metadata = Readonly<Record<string, string>>;

/** What measurements remember, by the names that clients read. */
const NAME = 'job-name';
const NAMESPACE = 'job-namespace';
/** Pods of one Job that are looked at. */
const MAX_PODS = 100;

export class JobProvider implements LastingMetricProvider<JobMetric> {
  private readonly options: JobOptions;

  constructor(options: JobOptions) {
    this.options = options;
  }

  withReferences({ block, secrets }: MeasurementQuery, run: Run): Pick<MeasurementQuery, 'block' | 'secrets'> {
    // A pod reads Secrets of its own namespace only.
    return this.namespaceFor(run) === run.namespace ? referToSecrets(block, secrets) : { block, secrets };
  }

  async begin(block: JobMetric, origin: MeasurementOrigin, { signal }: MeasureContext): Promise<LastingAnswer> {
    const [problem] = jobMetricProblems(block);
    if (problem !== undefined) throw new MetricProviderError('misconfigured', `job.${problem.path}: ${problem.message}`);
    const namespace = this.namespaceFor(origin.run);
    const name = jobName(origin);
    const created = await this.refusing(namespace, () =>
      this.options.cluster.create(jobs, jobOf(block, origin, namespace), signal),
    );
    if (created.outcome === 'not-found') {
      throw new MetricProviderError('misconfigured', `namespace ${namespace} does not exist, or is going away`);
    }
    if (created.outcome === 'already-exists') {
      const there = await this.refusing(namespace, () => this.options.cluster.get<Job>(jobs, { namespace, name }, signal));
      if (there !== undefined && !isOf(there, origin.run)) {
        throw new MetricProviderError('misconfigured', `Job ${name} exists in namespace ${namespace} and is not of this run`);
      }
    }
    return { state: 'underway', metadata: { [NAME]: name, [NAMESPACE]: namespace } };
  }

  async resume(metadata: Metadata, run: Run, { signal }: MeasureContext): Promise<LastingAnswer> {
    const place = this.placeOf(metadata, run);
    try {
      const job = await this.options.cluster.get<Job>(jobs, place, signal);
      if (job === undefined || !isOf(job, run)) {
        throw new MetricProviderError('bad-answer', `Job ${place.name} is gone from namespace ${place.namespace}`);
      }
      return endOf(job, await this.podsOf(place, signal)) ?? { state: 'underway', metadata };
    } catch (error) {
      // The Job goes on whether or not it can be seen now.
      if (error instanceof ApiError && (error.isTransient || error.code === 'aborted')) return { state: 'underway', metadata };
      throw error instanceof ApiError ? describeRefusal(error, place.namespace) : error;
    }
  }

  async cancel(metadata: Metadata, run: Run): Promise<void> {
    const { cluster } = this.options;
    const place = this.ownPlaceOf(metadata, run);
    if (place === undefined) return;
    try {
      const job = await cluster.get<Job>(jobs, place);
      const { uid } = job?.metadata ?? {};
      if (job === undefined || uid === undefined || !isOf(job, run)) return;
      await cluster.delete(jobs, place, { uid, propagation: 'Background' });
    } catch (error) {
      // Where it may not be deleted it goes with its run.
      if (!(error instanceof ApiError) || error.isTransient) throw error;
    }
  }

  hasEnded(metadata: Metadata, run: Run): boolean {
    const place = this.ownPlaceOf(metadata, run);
    const job = place === undefined ? undefined : this.options.watched(place.namespace, place.name);
    return job !== undefined && isOf(job, run) && isFinished(job);
  }

  /** Its exit codes are worth knowing, and not worth failing for. */
  private async podsOf(
    { namespace, name }: { namespace: string; name: string },
    signal: AbortSignal,
  ): Promise<readonly PodOfJob[]> {
    try {
      const options = { namespace, labelSelector: `job-name=${name}`, limit: MAX_PODS };
      return (await this.options.cluster.list<PodOfJob>(pods, options, signal)).items;
    } catch (error) {
      if (error instanceof ApiError) return [];
      throw error;
    }
  }

  private namespaceFor(run: Run): string {
    return this.options.namespace ?? run.namespace;
  }

  /** Where the metadata says, which others can write: nowhere but where Jobs of this run are made. */
  private ownPlaceOf(metadata: Metadata, run: Run): { readonly namespace: string; readonly name: string } | undefined {
    const name = metadata[NAME] ?? '';
    const namespace = metadata[NAMESPACE] ?? run.namespace;
    return name === '' || namespace !== this.namespaceFor(run) ? undefined : { namespace, name };
  }

  private placeOf(metadata: Metadata, run: Run): { readonly namespace: string; readonly name: string } {
    const place = this.ownPlaceOf(metadata, run);
    if (place !== undefined) return place;
    throw new MetricProviderError('bad-answer', `the measurement names no Job in namespace ${this.namespaceFor(run)}`);
  }

  private async refusing<T>(namespace: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw error instanceof ApiError ? describeRefusal(error, namespace) : error;
    }
  }
}
