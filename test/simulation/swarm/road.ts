/** What carries the weights of a planned Rollout, an HTTPRoute or a canary Ingress: the share of each side, and which Service it has. */
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import { httpRoutes, ingresses, rollouts } from '../../../src/api/resources.ts';
import type { Simulation } from '../../../src/simulation/simulation.ts';
import type { VirtualRoute } from '../../../src/simulation/traffic/virtual-gateway.ts';
import { canaryShare, type VirtualIngress } from '../../../src/simulation/traffic/virtual-ingresses.ts';
import { canaryIngressOf } from './happenings.ts';
import { namespace, servicesOf } from './manifests.ts';
import type { PlannedRollout } from './plan.ts';

export interface Weights {
  readonly stableService: string;
  readonly stable: number;
  readonly canaryService: string;
  readonly canary: number;
  /** Of all backends together. */
  readonly sum: number;
}

export function maxWeightOf({ strategy }: PlannedRollout): number {
  return (strategy.kind === 'routed' ? strategy.maxWeight : undefined) ?? 100;
}

/** The Services by their roles, as they are now. */
export function sidesNow(simulation: Simulation, planned: PlannedRollout): { readonly stable: string; readonly canary: string } {
  const { stable, canary } = servicesOf(planned);
  const { strategy, name } = planned;
  const isPong = simulation.get(rollouts, name)?.status?.canary?.stablePingPong === 'pong';
  return strategy.kind === 'routed' && strategy.pingPong && isPong ? { stable: canary, canary: stable } : { stable, canary };
}

/** `kind key` of the object that Rampart writes the weights into; undefined without a router. */
export function roadKey({ name, strategy }: PlannedRollout): { readonly kind: string; readonly key: string } | undefined {
  if (strategy.kind !== 'routed') return undefined;
  return strategy.router === 'nginx'
    ? { kind: 'networking.k8s.io/ingresses', key: `${namespace}/${canaryIngressOf({ name })}` }
    : { kind: 'gateway.networking.k8s.io/httproutes', key: `${namespace}/${name}` };
}

/** As the object says; without a canary Ingress everything is stable's. Undefined where no rule has both sides. */
export function weightsIn(simulation: Simulation, planned: PlannedRollout, object: KubeObject | undefined): Weights | undefined {
  const { strategy } = planned;
  if (strategy.kind !== 'routed') return undefined;
  const { stable: stableService, canary: canaryService } = sidesNow(simulation, planned);
  const max = maxWeightOf(planned);
  if (strategy.router === 'nginx') {
    const canary = object === undefined ? 0 : Math.round(canaryShare(object as VirtualIngress) * max);
    return { stableService, canaryService, stable: max - canary, canary, sum: max };
  }
  const rules = ((object as VirtualRoute | undefined)?.spec?.rules ?? []).filter(
    ({ matches = [] }) => matches.length === 0 || matches.some(({ headers }) => (headers ?? []).length === 0),
  );
  const backends = rules.flatMap(({ backendRefs = [] }) => backendRefs);
  const weight = (service: string) => backends.find(({ name }) => name === service)?.weight;
  const [stable, canary] = [weight(stableService), weight(canaryService)];
  if (stable === undefined || canary === undefined) return undefined;
  return { stableService, canaryService, stable, canary, sum: backends.reduce((sum, one) => sum + (one.weight ?? 1), 0) };
}

/** As it is written now. */
export function weightsNow(simulation: Simulation, planned: PlannedRollout): Weights | undefined {
  const isNginx = planned.strategy.kind === 'routed' && planned.strategy.router === 'nginx';
  const object: KubeObject | undefined = isNginx
    ? simulation.get(ingresses, canaryIngressOf(planned))
    : simulation.get(httpRoutes, planned.name);
  return weightsIn(simulation, planned, object);
}

/** As traffic follows it now. */
export function weightsFollowed(simulation: Simulation, planned: PlannedRollout): Weights | undefined {
  const isNginx = planned.strategy.kind === 'routed' && planned.strategy.router === 'nginx';
  const object = isNginx
    ? simulation.ingresses.followed(`${namespace}/${canaryIngressOf(planned)}`)
    : simulation.gateway.programmed(httpRoutes, `${namespace}/${planned.name}`);
  return weightsIn(simulation, planned, object);
}
