/** A toy world whose canary has routes. */
import type { ToyWorld } from './toy-world.ts';

export const routing = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

export const weight = ({ liveRoutes }: ToyWorld): number | undefined => liveRoutes?.canaryWeight;
