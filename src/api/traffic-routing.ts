/** Schema of `canary.trafficRouting`: the routers that can be named, whether this version serves them or not. */
import * as z from 'zod';
import {
  flag,
  int,
  int64,
  list,
  mapOf,
  object,
  rawJson,
  requiredInt,
  requiredText,
  stringMap,
  strings,
  text,
  withRules,
} from './fields.ts';

const tlsRouteSchema = z.object({
  port: int64('Port of the route.'),
  sniHosts: strings('Names of hosts that the route matches.'),
});

const virtualServiceSchema = z.object({
  name: requiredText('Name of the VirtualService: "name", or "name.namespace".'),
  routes: strings('Names of its http routes; needed where it has more than one.'),
  tlsRoutes: list(tlsRouteSchema, 'Its tls routes that are managed.'),
  tcpRoutes: list(z.object({ port: int64('Port of the route.') }), 'Its tcp routes that are managed.'),
});

export const istioSchema = z.object({
  virtualService: object(virtualServiceSchema, 'The one VirtualService.'),
  virtualServices: list(virtualServiceSchema, 'Several VirtualServices, instead of virtualService.'),
  destinationRule: object(
    z.object({
      name: requiredText('Name of the DestinationRule.'),
      canarySubsetName: requiredText('Its subset for the new version.'),
      stableSubsetName: requiredText('Its subset for the stable version.'),
      additionalSubsetNames: strings('Subsets whose weights are left alone.'),
    }),
    'The DestinationRule, for traffic by subset instead of by host.',
  ),
});

const nginxFields = z.object({
  annotationPrefix: text('Prefix of the annotations; nginx.ingress.kubernetes.io if absent.'),
  stableIngress: text('The Ingress that routes to the stable Service.'),
  stableIngresses: strings('Several of them, instead of stableIngress.'),
  additionalIngressAnnotations: stringMap('Annotations for the canary Ingress; keys without a prefix get annotationPrefix.'),
  canaryIngressAnnotations: stringMap('Annotations for the canary Ingress, taken as they are.'),
});

const hasOne = "has(self.stableIngress) && self.stableIngress != ''";
const hasSeveral = 'has(self.stableIngresses) && self.stableIngresses.size() > 0';

export const nginxSchema = withRules(nginxFields, [
  {
    rule: `!(${hasOne} && ${hasSeveral})`,
    message: 'nginx must have only one of stableIngress and stableIngresses',
  },
  { rule: `(${hasOne}) || (${hasSeveral})`, message: 'nginx must have one of stableIngress and stableIngresses' },
]);

export const albSchema = z.object({
  ingress: text('The Ingress of the load balancer.'),
  ingresses: strings('Several of them, instead of ingress.'),
  servicePort: requiredInt('Port of the Services.'),
  rootService: text('The Service that the Ingress names; the stable Service if absent.'),
  annotationPrefix: text('Prefix of the annotations; alb.ingress.kubernetes.io if absent.'),
  stickinessConfig: object(
    z.object({
      enabled: flag('Keeps a client at one version.'),
      durationSeconds: int64('For how long, 1 to 604800.'),
    }),
    'Sticky sessions of the target groups.',
  ),
});

export const appMeshSchema = z.object({
  virtualService: object(
    z.object({
      name: requiredText('Name of the VirtualService.'),
      routes: strings('Names of its routes; needed where it has more than one.'),
    }),
    'The VirtualService whose routers carry the weights.',
  ),
  virtualNodeGroup: object(
    z.object({
      canaryVirtualNodeRef: object(z.object({ name: requiredText('Its name.') }), 'VirtualNode of the new version.'),
      stableVirtualNodeRef: object(z.object({ name: requiredText('Its name.') }), 'VirtualNode of the stable version.'),
    }),
    'The two VirtualNodes.',
  ),
});

const trafficRoutingFields = z.object({
  istio: object(istioSchema, 'Routes by Istio VirtualServices.'),
  nginx: object(
    nginxSchema,
    'Routes by a second Ingress beside the one of the user, for ingress-nginx and what reads its annotations.',
  ),
  alb: object(albSchema, 'Routes by an AWS Application Load Balancer.'),
  smi: object(
    z.object({
      rootService: text('The Service that clients use; the stable Service if absent.'),
      trafficSplitName: text('Name of the TrafficSplit; the name of the Rollout if absent.'),
    }),
    'Routes by an SMI TrafficSplit.',
  ),
  ambassador: object(
    z.object({ mappings: strings('The Mappings that route to the stable Service.') }),
    'Routes by Ambassador Mappings.',
  ),
  appMesh: object(appMeshSchema, 'Routes by AWS App Mesh.'),
  traefik: object(
    z.object({ weightedTraefikServiceName: requiredText('The TraefikService with the two Services.') }),
    'Routes by a weighted TraefikService.',
  ),
  apisix: object(
    z.object({
      route: object(
        z.object({
          name: requiredText('Name of the ApisixRoute.'),
          rules: strings('Its rules that are managed; needed where it has more than one.'),
        }),
        'The ApisixRoute.',
      ),
    }),
    'Routes by an ApisixRoute.',
  ),
  plugins: mapOf(
    rawJson('Configuration of this router.').unwrap(),
    'Routers by name. "argoproj-labs/gatewayAPI" is built in and needs no plugin: it takes httpRoute, grpcRoute, tcpRoute or tlsRoute.',
  ),
  managedRoutes: list(
    z.object({ name: requiredText('Name that a setHeaderRoute or setMirrorRoute step uses.') }),
    'Names of the routes that steps may add, in the order of their precedence.',
  ),
  maxTrafficWeight: int('The whole, of which setWeight is a part; 100 if absent. Only with nginx or plugins.'),
});

export const trafficRoutingSchema = withRules(trafficRoutingFields, [
  {
    rule: '!has(self.maxTrafficWeight) || has(self.nginx) || has(self.plugins)',
    message: 'maxTrafficWeight can only be used with nginx and plugins',
  },
]);
