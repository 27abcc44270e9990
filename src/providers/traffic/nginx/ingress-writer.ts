/**
 * Brings one canary Ingress to what is wanted of it. A write never rests on an object that someone has changed since it was read: such a
 * conflict leads to a new look and a new plan, a bounded number of times.
 */
import { ingresses as resource } from '../../../api/resources.ts';
import { ApiError, type Cluster, type Resource } from '../../../runtime/cluster.ts';
import type { Ingress } from './ingress-object.ts';
import type { CanaryPlan } from './plan-canary-ingress.ts';

const ingresses: Resource<Ingress> = resource;

export type CanaryWrite =
  /** `ingress`: as it is now, undefined where there is none. `found`: as it was before. `did`: what this call wrote. */
  | {
      readonly kind: 'carries';
      readonly ingress: Ingress | undefined;
      readonly found: Ingress | undefined;
      readonly did: 'created' | 'patched' | undefined;
    }
  /** `message` follows its name. `passes`: it is a matter of time. `found`: as last seen. */
  | { readonly kind: 'refused'; readonly message: string; readonly passes: boolean; readonly found: Ingress | undefined };

const mostAttempts = 5;

export interface CanaryWish {
  /** As the cache has it. */
  readonly live: Ingress | undefined;
  readonly plan: (live: Ingress | undefined) => CanaryPlan;
  readonly signal: AbortSignal;
}

/** Throws ApiError where trying again later can help. */
export async function writeCanary(
  cluster: Cluster,
  key: { readonly namespace: string; readonly name: string },
  { live, plan: planFor, signal }: CanaryWish,
): Promise<CanaryWrite> {
  let found = live;
  for (let attempt = 1; attempt <= mostAttempts; attempt++) {
    const plan = planFor(found);
    if (plan.kind === 'problem') return { kind: 'refused', message: plan.message, passes: plan.passes, found };
    if (plan.kind === 'as-is') return { kind: 'carries', ingress: plan.ingress, found, did: undefined };
    try {
      if (plan.kind === 'create') {
        const made = await cluster.create(ingresses, plan.ingress, signal);
        if (made.outcome === 'done') return { kind: 'carries', ingress: made.object, found, did: 'created' };
        if (made.outcome === 'not-found')
          return { kind: 'refused', message: 'cannot be made: its namespace is going away', passes: false, found };
      } else {
        const written = await cluster.patch(ingresses, key, { type: 'merge', body: plan.body }, { signal });
        if (written.outcome === 'done') return { kind: 'carries', ingress: written.object, found, did: 'patched' };
      }
    } catch (error) {
      return { kind: 'refused', message: `could not be written: ${refusal(error)}`, passes: false, found };
    }
    found = await cluster.get(ingresses, key, signal);
  }
  return {
    kind: 'refused',
    message: 'is being changed by someone else all the time; it will be written again',
    passes: false,
    found,
  };
}

/** A sentence where it could not be taken away; undefined where it is gone. Throws ApiError where trying again later can help. */
export async function removeCanary(
  cluster: Cluster,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string | undefined },
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    // Another one of the same name is not the one that was meant.
    await cluster.delete(ingresses, { namespace, name }, { ...(uid !== undefined && { uid }), propagation: 'Background', signal });
    return undefined;
  } catch (error) {
    return `could not be taken away: ${refusal(error)}`;
  }
}

/** What the API server says; throws where it may say something else later. */
function refusal(error: unknown): string {
  if (!(error instanceof ApiError) || error.isTransient || error.code === 'aborted') throw error;
  return error.code === 'forbidden' ? `${error.message}${advice}` : error.message;
}

const advice = ' (the chart grants it with rbac.nginx: true)';
