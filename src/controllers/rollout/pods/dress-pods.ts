/** Gives living pods the labels and annotations that their ReplicaSet's template has; only those are written to that differ. */
import type { DressOrder, PodReport } from '../../../core/rollout/pod-orders.ts';
import type { Cluster } from '../../../runtime/cluster.ts';
import { ApiError } from '../../../runtime/cluster.ts';
import { messageOf } from '../../../runtime/log.ts';
import { inParallel } from './in-parallel.ts';
import { controllerOf, isLeaving, listPods, type Pod, pods } from './list-pods.ts';
import type { RolloutIdentity } from './pod-runner.ts';

interface Undressed {
  readonly name: string;
  readonly uid: string | undefined;
}

export interface DressOptions {
  readonly cluster: Cluster;
  /** Pods written to at the same time. */
  readonly parallel: number;
  /** Further tries for one pod. */
  readonly retries: number;
}

export async function dressPods(
  { namespace }: RolloutIdentity,
  order: DressOrder,
  { cluster, parallel, retries }: DressOptions,
  signal: AbortSignal,
): Promise<Pick<PodReport, 'outcome' | 'message'>> {
  const pick = (pod: Pod): Undressed | undefined =>
    controllerOf(pod) === order.owner.uid && !isLeaving(pod) && differs(pod, order)
      ? { name: pod.metadata.name, uid: pod.metadata.uid }
      : undefined;
  const undressed = await listPods(cluster, { namespace, selector: order.selector }, pick, signal);
  const troubles: string[] = [];
  await inParallel(undressed, parallel, async ({ name, uid }) => {
    // The uid makes it miss a pod of the same name that came after; no ReplicaSet makes one.
    const body = { metadata: { uid, labels: order.labels, annotations: order.annotations } };
    for (let left = retries; ; left -= 1) {
      try {
        await cluster.patch(pods, { namespace, name }, { type: 'merge', body }, { signal });
        return;
      } catch (error) {
        if (left > 0 && error instanceof ApiError && error.isTransient) continue;
        troubles.push(`the metadata of pod ${name} could not be changed: ${messageOf(error)}`);
        return;
      }
    }
  });
  const [first] = troubles;
  return first === undefined ? { outcome: 'done', message: '' } : { outcome: 'failed', message: first };
}

function differs({ metadata }: Pod, { labels, annotations }: DressOrder): boolean {
  const isOff = (present: Readonly<Record<string, string>> = {}, wanted: Readonly<Record<string, string | null>>): boolean =>
    Object.entries(wanted).some(([key, value]) => (present[key] ?? null) !== value);
  return isOff(metadata.labels, labels) || isOff(metadata.annotations, annotations);
}
