/** The objects of a planned Rollout, as its user would apply them. */
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import type { PlannedRollout, Strategy } from './plan.ts';

export const namespace = 'default';

const typed = (apiVersion: string, kind: string, name: string, rest: object): KubeObject =>
  ({ apiVersion, kind, metadata: { name, namespace }, ...rest }) as KubeObject;

export function servicesOf({ name }: Pick<PlannedRollout, 'name'>): { readonly stable: string; readonly canary: string } {
  return { stable: `${name}-stable`, canary: `${name}-canary` };
}

/** Services, routes and templates first, the Rollout last, with this image. */
export function manifestsOf(planned: PlannedRollout, tag: string): readonly KubeObject[] {
  const { name, strategy } = planned;
  const { stable, canary } = servicesOf(planned);
  const service = (of: string) => typed('v1', 'Service', of, { spec: { selector: { app: name }, ports: [{ port: 80 }] } });
  const backendRefs = [
    { name: stable, port: 80, weight: 100 },
    { name: canary, port: 80, weight: 0 },
  ];
  const route = typed('gateway.networking.k8s.io/v1', 'HTTPRoute', name, {
    spec: { parentRefs: [{ name: 'web' }], rules: [{ backendRefs }] },
  });
  return [
    ...(strategy.kind === 'basic' && !strategy.services ? [service(stable)] : [service(stable), service(canary)]),
    ...(strategy.kind === 'routed' ? [route] : []),
    errorsTemplate,
    rolloutOf(planned, tag),
  ];
}

const errorsTemplate = typed('argoproj.io/v1alpha1', 'AnalysisTemplate', 'errors', {
  spec: {
    metrics: [
      {
        name: 'errors',
        interval: '10s',
        count: 3,
        failureLimit: 1,
        consecutiveErrorLimit: 3,
        failureCondition: 'len(result) > 0 && result[0] > 0.1',
        successCondition: 'len(result) == 0 || result[0] <= 0.1 || isNaN(result[0])',
        provider: {
          prometheus: {
            address: 'http://prometheus',
            query: 'sum(rate(http_requests_total{status=~"5.."}[1m])) / sum(rate(http_requests_total[1m]))',
          },
        },
      },
    ],
  },
});

export function rolloutOf(planned: PlannedRollout, tag: string): KubeObject {
  const { name, replicas, minReadySeconds, undo, fields } = planned;
  const labels = { app: name };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace, ...(undo && { annotations: { 'rampart.dev/on-failure': 'undo' } }) },
    spec: {
      replicas,
      minReadySeconds,
      selector: { matchLabels: labels },
      template: templateOf(name, tag),
      strategy: strategyOf(planned),
      ...fields,
    },
  } as KubeObject;
}

export function templateOf(name: string, tag: string): object {
  return { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: `example/shop:${tag}` }] } };
}

const analysis = { templates: [{ templateName: 'errors' }] };

function strategyOf(planned: PlannedRollout): object {
  const strategy: Strategy = planned.strategy;
  const { stable, canary } = servicesOf(planned);
  switch (strategy.kind) {
    case 'basic': {
      const { maxSurge, maxUnavailable, steps, services } = strategy;
      return { canary: { maxSurge, maxUnavailable, steps, ...(services && { stableService: stable, canaryService: canary }) } };
    }
    case 'routed':
      return {
        canary: {
          stableService: stable,
          canaryService: canary,
          trafficRouting: {
            plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: planned.name } },
            managedRoutes: [{ name: 'beta' }],
          },
          steps: strategy.steps,
          ...(strategy.background && { analysis }),
          ...strategy.extra,
        },
      };
    case 'blueGreen':
      return {
        blueGreen: {
          activeService: stable,
          previewService: canary,
          ...strategy.fields,
          ...((strategy.analysis === 'before' || strategy.analysis === 'both') && { prePromotionAnalysis: analysis }),
          ...((strategy.analysis === 'after' || strategy.analysis === 'both') && { postPromotionAnalysis: analysis }),
        },
      };
  }
}
