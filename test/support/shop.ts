/** What tests of the whole deliver: a shop behind a route, as its user would write it. Only what a test says differs. */
import { inject } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';

export interface ShopOptions {
  /** Of the Rollout, its route and its label; the Services are `<name>-stable` and `<name>-canary` where it is not `shop`. */
  readonly name?: string;
  readonly replicas?: number;
  readonly image?: string;
  readonly steps?: readonly object[];
  /** More fields of `strategy.canary`. */
  readonly canary?: object;
  /** More fields of `spec`. */
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

const servicesOf = (name: string) =>
  name === 'shop' ? { stable: 'stable', canary: 'canary' } : { stable: `${name}-stable`, canary: `${name}-canary` };

/** A Rollout that is routed through the HTTPRoute of its name. */
export function shopRollout(options: ShopOptions = {}): KubeObject {
  const { name = 'shop', replicas = 5, image = 'shop:v1', steps = [{ setWeight: 20 }, { pause: {} }], annotations } = options;
  const { stable, canary } = servicesOf(name);
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, ...(annotations !== undefined && { annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'shop', image }] } },
      strategy: {
        canary: {
          stableService: stable,
          canaryService: canary,
          trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: name } } },
          scaleDownDelaySeconds: 1,
          abortScaleDownDelaySeconds: 1,
          steps,
          ...options.canary,
        },
      },
      ...options.spec,
    },
  } as KubeObject;
}

export function service(name: string, app: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  } as KubeObject;
}

export interface RouteOptions {
  readonly name?: string;
  /** Default: the listener `web` of the shared gateway. */
  readonly parentRefs?: readonly object[];
  /** Rules beside the one with both Services. */
  readonly otherRules?: readonly object[];
}

export function shopRoute({ name = 'shop', parentRefs, otherRules = [] }: RouteOptions = {}): KubeObject {
  const { stable, canary } = servicesOf(name);
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name },
    spec: {
      parentRefs: parentRefs ?? [{ ...inject('sharedGateway').gateway, sectionName: 'web' }],
      hostnames: [`${name}.example`],
      rules: [
        ...otherRules,
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'x-edge', value: 'yes' }] } }],
          timeouts: { request: '10s' },
          backendRefs: [
            { name: stable, port: 80, weight: 100 },
            { name: canary, port: 80, weight: 0 },
          ],
        },
      ],
    },
  } as KubeObject;
}

/** The two Services of a shop. */
export function shopServices(name = 'shop'): readonly KubeObject[] {
  const { stable, canary } = servicesOf(name);
  return [service(stable, name), service(canary, name)];
}

/** Changes the image, as `kubectl argo rollouts set image` does. */
export function imagePatch(image: string): object {
  return { spec: { template: { spec: { containers: [{ name: 'shop', image }] } } } };
}

/** An AnalysisTemplate with one metric, `success-rate`, asked of this Prometheus; `metric` and `spec` add to it. */
export function template(name: string, address: string, metric: object = {}, spec: object = {}): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name },
    spec: {
      metrics: [
        {
          name: 'success-rate',
          successCondition: 'result[0] >= 0.99',
          provider: { prometheus: { address, query: 'good / all' } },
          ...metric,
        },
      ],
      ...spec,
    },
  } as KubeObject;
}

/** The Ingress of the shop: what leads to the stable Service, and a path beside it that leads elsewhere. */
export function shopIngress(host = 'shop.example'): KubeObject {
  const to = (path: string, name: string) => ({ path, pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'shop' },
    spec: { ingressClassName: 'nginx', rules: [{ host, http: { paths: [to('/images', 'images'), to('/', 'stable')] } }] },
  } as KubeObject;
}
