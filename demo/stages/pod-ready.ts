/** Waits for a pod in a cluster where images are pulled, and says early and plainly when one cannot be. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubeObject, Resource } from '../../src/api/kubernetes.ts';
import * as resources from '../../src/api/resources.ts';
import type { Cluster } from '../../src/runtime/cluster.ts';

interface Waiting {
  readonly reason?: string;
  readonly message?: string;
}

export interface Pod extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly { readonly image?: string; readonly state?: { readonly waiting?: Waiting } }[];
  };
}

export interface AwaitedPods {
  readonly namespace: string;
  readonly labelSelector: string;
  readonly withinMs: number;
  /** What is said when none is ready in time and no pod says why. */
  readonly otherwise: () => Promise<string>;
}

const lookAgainMs = 250;
const unpullable: ReadonlySet<string> = new Set(['ImagePullBackOff', 'InvalidImageName']);
const hopeless: ReadonlySet<string> = new Set([
  ...unpullable,
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
]);

/** One of the pods is ready. Throws with a sentence when one cannot start, none is ready in time, or the signal aborts. */
export async function untilPodIsReady(cluster: Cluster, awaited: AwaitedPods, signal: AbortSignal): Promise<void> {
  const { namespace, labelSelector, withinMs } = awaited;
  let last: string | undefined;
  for (const until = Date.now() + withinMs; Date.now() < until; await delay(lookAgainMs, undefined, { signal })) {
    const { items } = await cluster.list(resources.pods as Resource<Pod>, { namespace, labelSelector }, signal);
    if (items.some(isReady)) return;
    const trouble = items.map(troubleOf).find((sentence) => sentence !== undefined);
    if (trouble !== undefined) throw new Error(trouble);
    last = items.flatMap(({ status }) => status?.conditions ?? []).find(({ message }) => message !== undefined)?.message;
  }
  throw new Error(`after ${withinMs / 1000} s there is no ready pod with ${labelSelector}: ${last ?? (await awaited.otherwise())}`);
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
}

/** Why a pod will not start without someone changing something; undefined where it may. */
export function troubleOf({ metadata, status }: Pod): string | undefined {
  for (const { image, state } of status?.containerStatuses ?? []) {
    const { reason = '', message = '' } = state?.waiting ?? {};
    if (!hopeless.has(reason)) continue;
    const cure = unpullable.has(reason) ? ' --image must name one that the nodes can pull.' : '';
    return `Pod ${metadata.name} cannot start ${image}: ${reason}: ${message.replace(/\.?$/, '.')}${cure}`;
  }
  return undefined;
}
