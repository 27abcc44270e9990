/** A toy world whose canary has routes, and what its gateway says of them. */
import type { DesiredRoutes, RouteEvidence } from '../../src/core/rollout/routes.ts';
import type { ToyWorld } from './toy-world.ts';

export const routing = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

export const weight = ({ liveRoutes }: ToyWorld): number | undefined => liveRoutes?.canaryWeight;

interface Acceptance {
  readonly nowMs: number;
  readonly atMs: number;
  /** Nobody says when. */
  readonly isSilent?: boolean | undefined;
}

export function evidenceOf(desired: DesiredRoutes, { nowMs, atMs, isSilent }: Acceptance): RouteEvidence {
  const isAccepted = nowMs >= atMs;
  const state = isAccepted ? 'confirmed' : 'pending';
  const message = isAccepted ? '' : 'the gateway has not accepted route shop yet';
  const settles = !isAccepted && isSilent === true ? { settlesAtMs: atMs } : {};
  return { desired, state, message, liveCanaryWeight: desired.canaryWeight, reasserted: false, ...settles };
}

export function routesText({ canaryWeight, managedRoutes, additional }: DesiredRoutes): string {
  const added = [...managedRoutes.map(({ name }) => name), ...additional.map(({ service, weight }) => `${service} ${weight}`)];
  return ['routes canary', canaryWeight, ...added].join(' ');
}
