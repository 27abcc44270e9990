/**
 * The Job that a metric asks for: its name, whose it is, and the pod as the template wrote it. A pod whose author names no ServiceAccount
 * gets no token of one, unless the author asks for it.
 */
import { createHash } from 'node:crypto';
import type { JobMetric } from '../../../api/analysis-template.ts';
import type { Job } from '../../../api/kubernetes.ts';
import { annotations, argoApiVersion, labels } from '../../../api/names.ts';
import type { MeasurementOrigin } from '../metric-provider.ts';

const MAX_NAME = 63;

/**
 * `<uid of the run>.<metric>.<n>`. Where that is no name of a Job, or too long for one, the metric's part is cut and mended, with a few
 * characters behind it that keep metrics apart.
 */
export function jobName({ run, metric, ordinal }: MeasurementOrigin): string {
  const room = MAX_NAME - run.uid.length - String(ordinal).length - 2;
  const plain = withoutDashesAround(metric.toLowerCase().replace(/[^a-z0-9-]+/g, '-'));
  if (plain === metric && plain.length <= room && plain !== '') return `${run.uid}.${metric}.${ordinal}`;
  const mark = createHash('sha256').update(metric).digest('hex').slice(0, 6);
  const cut = plain.slice(0, Math.max(0, room - mark.length - 1)).replace(/-+$/, '');
  return `${run.uid}.${cut === '' ? '' : `${cut}-`}${mark}.${ordinal}`;
}

/** An expression for what stands at the end looks at every dash again and again, and a metric may have any name. */
function withoutDashesAround(text: string): string {
  let [start, end] = [0, text.length];
  while (text[start] === '-') start += 1;
  while (end > start && text[end - 1] === '-') end -= 1;
  return text.slice(start, end);
}

export function jobOf(block: JobMetric, origin: MeasurementOrigin, namespace: string): Job {
  const { run, metric } = origin;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(origin),
      namespace,
      labels: {
        ...block.metadata?.labels,
        [labels.jobRunUid]: run.uid,
        ...(run.instanceId === undefined ? {} : { [labels.instanceId]: run.instanceId }),
      },
      annotations: {
        ...block.metadata?.annotations,
        [annotations.jobRunName]: run.name,
        [annotations.jobRunNamespace]: run.namespace,
        [annotations.jobMetricName]: metric,
      },
      // An owner in another namespace is one that does not exist: the Job would be collected at once.
      ...(namespace === run.namespace
        ? { ownerReferences: [{ apiVersion: argoApiVersion, kind: 'AnalysisRun', name: run.name, uid: run.uid, controller: true }] }
        : {}),
    },
    spec: withoutToken(block.spec ?? {}),
  };
}

/** True for a Job that was made for this very run. */
export function isOf(job: Job, run: MeasurementOrigin['run']): boolean {
  return run.uid !== '' && job.metadata.labels?.[labels.jobRunUid] === run.uid;
}

type Fields = Readonly<Record<string, unknown>>;

function withoutToken(spec: Fields): Fields {
  const template = spec.template as Fields | undefined;
  const pod = template?.spec as Fields | undefined;
  const isSaid = [pod?.serviceAccountName, pod?.serviceAccount, pod?.automountServiceAccountToken].some(
    (field) => field !== undefined && field !== '',
  );
  return isSaid ? spec : { ...spec, template: { ...template, spec: { ...pod, automountServiceAccountToken: false } } };
}
