/**
 * The canary Ingress as it shall be: the user's rules for the stable Service, leading to the canary Service, with the weight in annotations;
 * and how its weight, its owner and its mark are read. It never says anything about the user's own Ingress but what stands in it.
 */
import type { OwnerReference } from '../../../api/kubernetes.ts';
import { argoApiVersion } from '../../../api/names.ts';
import type { NginxRouting } from '../../../api/nginx-routing.ts';
import { rollouts } from '../../../api/resources.ts';
import { readRouteMarks, routeMarksText } from '../../../api/route-mark.ts';
import { classAnnotation, type Ingress, type IngressRule, type IngressSpec } from './ingress-object.ts';

/** Whose canary Ingress it is. */
export interface CanaryOwner {
  readonly namespace: string;
  /** Of the Rollout. */
  readonly name: string;
  readonly uid: string;
}

/** What a canary Ingress shall carry. */
export interface CanaryIntent {
  readonly owner: CanaryOwner;
  readonly stableService: string;
  readonly canaryService: string;
  readonly canaryWeight: number;
  readonly maxWeight: number;
  /** The user has said what the weights are parts of. */
  readonly hasTotal: boolean;
  readonly routing: Pick<NginxRouting, 'prefix' | 'annotations'>;
}

/** `namespace/name` of the Rollout. */
export function rolloutKey({ namespace, name }: CanaryOwner): string {
  return `${namespace}/${name}`;
}

/** The user's rules as far as they lead to the stable Service, leading to the canary Service. */
export function canaryRules({ spec }: Ingress, { stableService, canaryService }: CanaryServices): readonly IngressRule[] {
  return (spec?.rules ?? []).flatMap((rule) => {
    const paths = (rule.http?.paths ?? []).flatMap((path) => {
      const { service } = path.backend;
      if (service?.name !== stableService) return [];
      return [{ ...path, backend: { ...path.backend, service: { ...service, name: canaryService } } }];
    });
    return paths.length === 0 ? [] : [{ ...rule, http: { ...rule.http, paths } }];
  });
}

type CanaryServices = Pick<CanaryIntent, 'stableService' | 'canaryService'>;

export function canarySpec(stable: Ingress, services: CanaryServices): IngressSpec {
  const { ingressClassName, tls } = stable.spec ?? {};
  return {
    ...(ingressClassName !== undefined && { ingressClassName }),
    ...(tls !== undefined && { tls }),
    rules: canaryRules(stable, services),
  };
}

/** All that has an effect: whole keys. The class stands in one place, as the API server asks of what is made anew. */
export function canaryAnnotations(stable: Ingress, intent: CanaryIntent): Readonly<Record<string, string>> {
  const { prefix, annotations } = intent.routing;
  const className = stable.metadata.annotations?.[classAnnotation];
  const hasClass = className !== undefined && stable.spec?.ingressClassName === undefined;
  return { ...(hasClass && { [classAnnotation]: className }), ...annotations, [`${prefix}/canary`]: 'true', ...weights(intent) };
}

/** ingress-nginx takes a total below 100 for 100: such weights are written as parts of a multiple. */
export function weights(
  intent: Pick<CanaryIntent, 'canaryWeight' | 'maxWeight' | 'hasTotal' | 'routing'>,
): Readonly<Record<string, string>> {
  const { canaryWeight, maxWeight, hasTotal } = intent;
  const { prefix } = intent.routing;
  const times = Math.ceil(leastTotal / maxWeight);
  const total = maxWeight * times;
  return {
    [`${prefix}/canary-weight`]: String(canaryWeight * times),
    ...((hasTotal || total !== leastTotal) && { [`${prefix}/canary-weight-total`]: String(total) }),
  };
}

const leastTotal = 100;

/** The share of requests that the Ingress sends to the canary by weight, in parts of `maxWeight`, rounded up. */
export function liveWeight({ metadata }: Ingress, prefix: string, maxWeight: number): number {
  const worn = metadata.annotations ?? {};
  if (worn[`${prefix}/canary`] !== 'true') return 0;
  const number = (key: string, least: number): number => Math.max(least, Number.parseInt(worn[`${prefix}/${key}`] ?? '', 10) || 0);
  const total = number('canary-weight-total', leastTotal);
  return Math.ceil((Math.min(number('canary-weight', 0), total) * maxWeight) / total);
}

export function ownerReference({ name, uid }: CanaryOwner): OwnerReference {
  return { apiVersion: argoApiVersion, kind: rollouts.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/**
 * `other`: someone else's, never to be touched. `gone`: a Rollout's of the same name that is not there any more. `left`: without an owner,
 * and marked for this Rollout.
 */
export function ownership({ metadata }: Ingress, owner: CanaryOwner): 'ours' | 'left' | 'gone' | 'other' {
  const controller = metadata.ownerReferences?.find((one) => one.controller === true);
  if (controller === undefined) return readRouteMarks(metadata).has(rolloutKey(owner)) ? 'left' : 'other';
  if (controller.uid === owner.uid) return 'ours';
  return controller.kind === rollouts.kind && controller.name === owner.name ? 'gone' : 'other';
}

/** `keys`: of the annotations that it gets. */
export function markText(intent: CanaryIntent, keys: readonly string[]): string {
  const { owner, stableService: stable, canaryService: canary, maxWeight } = intent;
  return routeMarksText(new Map([[rolloutKey(owner), { stable, canary, maxWeight, annotations: [...keys].sort() }]])) ?? '';
}

/** Keys of annotations that are ours to take off: those that were put on, and all that choose requests for a canary. */
export function ownKeys({ metadata }: Ingress, owner: CanaryOwner, prefix: string): readonly string[] {
  const marked = readRouteMarks(metadata).get(rolloutKey(owner))?.annotations ?? [];
  const worn = Object.keys(metadata.annotations ?? {});
  return worn.filter((key) => marked.includes(key) || key === classAnnotation || isCanaryKey(key, prefix));
}

/** What ingress-nginx chooses requests for a canary by: weight, header, cookie. */
export function isCanaryKey(key: string, prefix: string): boolean {
  return key === `${prefix}/canary` || key.startsWith(`${prefix}/canary-`);
}
