/**
 * Which other objects a Rollout speaks of: by these names it is found again when one of them changes. Rollouts may be given as the API
 * server sends them, whatever that is.
 */
import { decodeGatewayApiRouting } from '../../api/gateway-api-routing.ts';
import { canaryIngressName, nginxRouting } from '../../api/nginx-routing.ts';
import type { Rollout, RolloutAnalysis } from '../../api/rollout.ts';
import { type WorkloadKind, workloadKind } from '../../api/validation/workload-ref.ts';
import type { TemplateReference } from '../../core/analysis/template-closure.ts';
import { decodeOnce } from './decoded.ts';

/** Names of the Services that the Rollout switches. */
export function serviceNames(stored: Rollout): readonly string[] {
  const { canary, blueGreen } = decodeOnce(stored).rollout.spec.strategy ?? {};
  const { pingService, pongService } = canary?.pingPong ?? {};
  const ofCanary = canary?.pingPong === undefined ? [canary?.canaryService, canary?.stableService] : [pingService, pongService];
  const names = [...ofCanary, blueGreen?.activeService, blueGreen?.previewService];
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[];
}

/** The templates that its analyses name directly. */
export function templateReferences(stored: Rollout): readonly TemplateReference[] {
  const { canary, blueGreen } = decodeOnce(stored).rollout.spec.strategy ?? {};
  const analyses: readonly (RolloutAnalysis | undefined)[] = [
    canary?.analysis,
    ...(canary?.steps ?? []).map(({ analysis }) => analysis),
    blueGreen?.prePromotionAnalysis,
    blueGreen?.postPromotionAnalysis,
  ];
  const ofExperiments = (canary?.steps ?? []).flatMap(({ experiment }) => experiment?.analyses ?? []);
  return [...analyses.flatMap((analysis) => analysis?.templates ?? []), ...ofExperiments];
}

export interface NamedWorkload {
  readonly kind: WorkloadKind;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The object whose template it takes; undefined where it names none, or none that can be taken. */
export function workloadOf(stored: Rollout): NamedWorkload | undefined {
  const { metadata, spec } = decodeOnce(stored).rollout;
  const kind = spec.workloadRef && workloadKind(spec.workloadRef);
  const name = spec.workloadRef?.name ?? '';
  return kind === undefined || name === '' ? undefined : { kind, namespace: metadata.namespace, name };
}

/** `<rollout>` of a ReplicaSet named `<rollout>-<hash>`. */
export function stemOf(replicaSetName: string): string {
  const dash = replicaSetName.lastIndexOf('-');
  return dash < 0 ? replicaSetName : replicaSetName.slice(0, dash);
}

/** `namespace/name` of each route, Ingress and canary Ingress that it names, and `namespace/*` where it selects routes by label. */
export function routeReferences(stored: Rollout): readonly string[] {
  const { rollout } = decodeOnce(stored);
  return [...gatewayReferences(rollout), ...ingressReferences(rollout)];
}

function gatewayReferences(rollout: Rollout): readonly string[] {
  const routing = decodeGatewayApiRouting(rollout.spec.strategy?.canary?.trafficRouting)?.routing;
  if (routing === undefined) return [];
  const { httpRoute, grpcRoute, tcpRoute, tlsRoute, httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes } = routing;
  const { httpRouteSelector, grpcRouteSelector, tcpRouteSelector, tlsRouteSelector } = routing;
  const listed = [httpRoutes, grpcRoutes, tcpRoutes, tlsRoutes].flatMap((refs) => (refs ?? []).map(({ name }) => name));
  const names = [httpRoute, grpcRoute, tcpRoute, tlsRoute, ...listed].filter((name) => name !== undefined);
  const selects = [httpRouteSelector, grpcRouteSelector, tcpRouteSelector, tlsRouteSelector].some(
    (selector) => selector !== undefined,
  );
  const namespace = routing.namespace ?? rollout.metadata.namespace ?? '';
  return [...names, ...(selects ? ['*'] : [])].map((name) => `${namespace}/${name}`);
}

function ingressReferences({ metadata, spec }: Rollout): readonly string[] {
  const { ingresses = [] } = nginxRouting(spec.strategy?.canary?.trafficRouting) ?? {};
  const names = ingresses.flatMap(({ name }) => [name, canaryIngressName(metadata.name, name)]);
  return names.map((name) => `${metadata.namespace ?? ''}/${name}`);
}
