/**
 * What `trafficRouting.nginx` comes to: which Ingresses are steered, and what the canary Ingress beside each of them is called and wears.
 * Whether it makes sense is asked in validation/.
 */
import type { TrafficRouting } from './rollout.ts';

export interface NginxRouting {
  /** The user's Ingresses, each once, in their order. */
  readonly ingresses: readonly { readonly name: string; readonly path: string }[];
  /** Before the `/` of every annotation that ingress-nginx reads. */
  readonly prefix: string;
  /** key -> value, whole keys: what canary Ingresses wear because the user says so. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Where the block stands, as users write it. */
export const nginxRoutingPath = 'spec.strategy.canary.trafficRouting.nginx';

const standardPrefix = 'nginx.ingress.kubernetes.io';

/** Annotations of the canary Ingress by which it carries weight: nobody but Rampart says what they are. */
export const weightAnnotations = ['canary', 'canary-weight', 'canary-weight-total'] as const;

/** Undefined if the block is not there. */
export function nginxRouting(routing: TrafficRouting | undefined): NginxRouting | undefined {
  const block = routing?.nginx;
  if (block === undefined) return undefined;
  const prefix = prefixOf(block);
  const { stableIngress = '', stableIngresses = [], additionalIngressAnnotations = {}, canaryIngressAnnotations } = block;
  const named = [
    { name: stableIngress, path: `${nginxRoutingPath}.stableIngress` },
    ...stableIngresses.map((name, index) => ({ name, path: `${nginxRoutingPath}.stableIngresses[${index}]` })),
  ];
  const additional = Object.entries(additionalIngressAnnotations).map(([key, value]) => [wholeKey(key, prefix), value] as const);
  return {
    ingresses: named.filter(({ name }, index) => name !== '' && named.findIndex((one) => one.name === name) === index),
    prefix,
    annotations: { ...Object.fromEntries(additional), ...canaryIngressAnnotations },
  };
}

export function prefixOf({ annotationPrefix = '' }: NonNullable<TrafficRouting['nginx']>): string {
  return annotationPrefix === '' ? standardPrefix : annotationPrefix;
}

/** A key of `additionalIngressAnnotations` without a prefix gets the one of ingress-nginx. */
export function wholeKey(key: string, prefix: string): string {
  return key.includes('/') ? key : `${prefix}/${key}`;
}

const longestName = 253;
const ending = '-canary';

/** `<rollout>-<ingress>-canary`, cut before its ending where that would be no name any more. */
export function canaryIngressName(rollout: string, ingress: string): string {
  const stem = `${rollout}-${ingress}`.slice(0, longestName - ending.length).replace(/[^a-z0-9]+$/, '');
  return `${stem}${ending}`;
}
