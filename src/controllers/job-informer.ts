/**
 * Watches the Jobs of analyses, so that their end is known at once. Where they may not be watched they are asked for from time to time, so
 * nobody waits for this watch and its failures are no news.
 */
import type { Job } from '../api/kubernetes.ts';
import { annotations, labels } from '../api/names.ts';
import { jobs } from '../api/resources.ts';
import { Informer } from '../runtime/informer.ts';
import { quieter } from '../runtime/log.ts';
import { keyText } from '../runtime/object-key.ts';
import { fromMapped, type Source } from '../runtime/source.ts';
import type { Store } from '../runtime/store.ts';
import type { InformerSettings } from './stores.ts';

const absentRetryMs = 60_000;

/** `namespace`: where all of them are made, if they are not made in the namespaces of their runs. */
export function createJobInformer(settings: InformerSettings, namespace: string | undefined): Informer<Job> {
  return new Informer<Job>({
    ...settings,
    ...(namespace === undefined ? {} : { namespace }),
    resource: jobs,
    labelSelector: labels.jobRunUid,
    // Nothing but its end is read.
    trim: ({ metadata, status }) => ({
      metadata,
      ...(status?.conditions === undefined ? {} : { status: { conditions: status.conditions } }),
    }),
    backoffMaxMs: absentRetryMs,
    log: quieter(settings.log, 'warn'),
  });
}

/** The run that a Job says it is of; whether it is, is looked at where it counts. */
export function jobSource(store: Store<Job>): Source {
  return fromMapped(store, ({ metadata }) => {
    const { [annotations.jobRunNamespace]: namespace, [annotations.jobRunName]: name } = metadata.annotations ?? {};
    return name === undefined || namespace === undefined ? [] : [keyText({ namespace, name })];
  });
}
