/** The Rollouts of the fleet, each called `shop` in a namespace of its own: basic and routed canaries, and blue-green. */
import type { KubeObject } from '../../src/api/kubernetes.ts';

export type Strategy = 'basic' | 'routed' | 'blue-green';

export interface Shop {
  readonly namespace: string;
  readonly strategy: Strategy;
}

export const replicas = 3;
export const images = { first: 'shop:v1', good: 'shop:v2', bad: 'shop:v3' } as const;

const turn: readonly Strategy[] = ['basic', 'routed', 'blue-green', 'basic'];

export function shopsOf(count: number): readonly Shop[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: `fleet-${index}`,
    strategy: turn[index % turn.length] ?? 'basic',
  }));
}

/** `forGood`: goes on to the end by itself; else it waits for a person in the middle. */
export function imagePatch({ strategy }: Shop, image: string, forGood: boolean): object {
  const canary = strategy === 'blue-green' ? {} : { canary: { steps: steps(forGood) } };
  const blueGreen = strategy === 'blue-green' ? { blueGreen: promotion(forGood) } : {};
  return { spec: { template: template(image), strategy: { ...canary, ...blueGreen } } };
}

/** In the order in which they are applied. */
export function manifests(shop: Shop, gateway: { readonly namespace: string; readonly name: string }): readonly KubeObject[] {
  const { namespace, strategy } = shop;
  const services = strategy === 'basic' ? [] : [service(namespace, 'stable'), service(namespace, 'canary')];
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } as KubeObject,
    ...services,
    ...(strategy === 'routed' ? [route(namespace, gateway)] : []),
    rollout(shop),
  ];
}

function rollout({ namespace, strategy }: Shop): KubeObject {
  return object(namespace, 'argoproj.io/v1alpha1', 'Rollout', 'shop', {
    spec: {
      replicas,
      selector: { matchLabels: { app: 'shop' } },
      template: template(images.first),
      strategy: strategies[strategy],
    },
  });
}

const strategies: Readonly<Record<Strategy, object>> = {
  basic: { canary: { maxSurge: 1, maxUnavailable: 0, steps: steps(true) } },
  routed: {
    canary: {
      stableService: 'stable',
      canaryService: 'canary',
      trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
      scaleDownDelaySeconds: 1,
      abortScaleDownDelaySeconds: 1,
      steps: steps(true),
    },
  },
  'blue-green': {
    blueGreen: {
      activeService: 'stable',
      previewService: 'canary',
      scaleDownDelaySeconds: 1,
      abortScaleDownDelaySeconds: 1,
      ...promotion(true),
    },
  },
};

function steps(forGood: boolean): readonly object[] {
  const pause = { pause: forGood ? { duration: 2 } : {} };
  return [{ setWeight: 34 }, pause, { setWeight: 67 }, pause];
}

function promotion(forGood: boolean): object {
  return { autoPromotionEnabled: forGood, autoPromotionSeconds: forGood ? 2 : 0 };
}

function template(image: string): object {
  const container = { name: 'main', image, resources: { requests: { cpu: '1m', memory: '1Mi' } } };
  return { metadata: { labels: { app: 'shop' } }, spec: { containers: [container] } };
}

function service(namespace: string, name: string): KubeObject {
  return object(namespace, 'v1', 'Service', name, { spec: { selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 8080 }] } });
}

function route(namespace: string, gateway: { readonly namespace: string; readonly name: string }): KubeObject {
  const backendRefs = [
    { name: 'stable', port: 80, weight: 100 },
    { name: 'canary', port: 80, weight: 0 },
  ];
  return object(namespace, 'gateway.networking.k8s.io/v1', 'HTTPRoute', 'shop', {
    spec: { parentRefs: [{ ...gateway, sectionName: 'web' }], hostnames: [`${namespace}.example`], rules: [{ backendRefs }] },
  });
}

function object(namespace: string, apiVersion: string, kind: string, name: string, rest: object): KubeObject {
  return { apiVersion, kind, metadata: { namespace, name }, ...rest } as KubeObject;
}
