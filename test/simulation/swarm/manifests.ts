/** The objects of a planned Rollout, as its user would apply them. */
import type { KubeObject } from '../../../src/api/kubernetes.ts';
import type { PlannedExperiment, PlannedRollout, Strategy } from './plan.ts';

export const namespace = 'default';

const typed = (apiVersion: string, kind: string, name: string, rest: object): KubeObject =>
  ({ apiVersion, kind, metadata: { name, namespace }, ...rest }) as KubeObject;

export function servicesOf({ name }: Pick<PlannedRollout, 'name'>): { readonly stable: string; readonly canary: string } {
  return { stable: `${name}-stable`, canary: `${name}-canary` };
}

/** Services, routes and templates first, the Rollout last, with this image. */
export function manifestsOf(planned: PlannedRollout, tag: string): readonly KubeObject[] {
  return [
    ...servicesFor(planned),
    ...roadOf(planned),
    errorsTemplate,
    ...(planned.scaleDown === undefined ? [] : [deploymentOf(planned, tag)]),
    rolloutOf(planned, tag),
    ...(planned.autoscaled ? [autoscalerOf(planned)] : []),
  ];
}

function servicesFor(planned: PlannedRollout): readonly KubeObject[] {
  const { name, strategy } = planned;
  const { stable, canary } = servicesOf(planned);
  const service = (of: string) => typed('v1', 'Service', of, { spec: { selector: { app: name }, ports: [{ port: 80 }] } });
  return strategy.kind === 'basic' && !strategy.services ? [service(stable)] : [service(stable), service(canary)];
}

/** What carries the weights: an HTTPRoute or an Ingress as the user wrote it, or nothing. */
export function roadOf(planned: PlannedRollout): readonly KubeObject[] {
  const { name, strategy } = planned;
  if (strategy.kind !== 'routed') return [];
  const { stable, canary } = servicesOf(planned);
  if (strategy.router === 'nginx') {
    const backend = { service: { name: stable, port: { number: 80 } } };
    const rules = [{ host: `${name}.example`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
    return [typed('networking.k8s.io/v1', 'Ingress', name, { spec: { ingressClassName: 'nginx', rules } })];
  }
  const backendRefs = [
    { name: stable, port: 80, weight: 100 },
    { name: canary, port: 80, weight: 0 },
  ];
  return [
    typed('gateway.networking.k8s.io/v1', 'HTTPRoute', name, {
      spec: { parentRefs: [{ name: 'web' }], rules: [{ backendRefs }] },
    }),
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

const smokeTemplate = typed('argoproj.io/v1alpha1', 'AnalysisTemplate', 'smoke', {
  spec: {
    metrics: [
      {
        name: 'smoke',
        provider: {
          job: {
            spec: {
              backoffLimit: 1,
              template: { spec: { restartPolicy: 'Never', containers: [{ name: 'test', image: 'example/test:1' }] } },
            },
          },
        },
      },
    ],
  },
});

export const analysisTemplates: readonly KubeObject[] = [errorsTemplate, smokeTemplate];

/** Where its pods come from before the Rollout. */
export function deploymentOf(planned: PlannedRollout, tag: string): KubeObject {
  const { name, replicas } = planned;
  return typed('apps/v1', 'Deployment', name, {
    spec: { replicas, selector: { matchLabels: { app: name } }, template: templateOf(planned, tag) },
  });
}

function autoscalerOf({ name }: PlannedRollout): KubeObject {
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
  return typed('autoscaling/v2', 'HorizontalPodAutoscaler', name, {
    spec: {
      scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name },
      minReplicas: 1,
      maxReplicas: 6,
      metrics: [cpu],
    },
  });
}

export function experimentOf({ name, templates, fields }: PlannedExperiment): KubeObject {
  return typed('argoproj.io/v1alpha1', 'Experiment', name, {
    spec: {
      templates: templates.map((template) => {
        const app = `${name}-${template.name}`;
        return { ...template, selector: { matchLabels: { app } }, template: templateOf({ name: app }, 'v2') };
      }),
      ...fields,
    },
  });
}

export function rolloutOf(planned: PlannedRollout, tag: string): KubeObject {
  const { name, replicas, minReadySeconds, undo, fields, scaleDown } = planned;
  const runs =
    scaleDown === undefined
      ? { selector: { matchLabels: { app: name } }, template: templateOf(planned, tag) }
      : { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name, scaleDown } };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace, ...(undo && { annotations: { 'rampart.dev/on-failure': 'undo' } }) },
    spec: {
      replicas,
      minReadySeconds,
      ...runs,
      strategy: strategyOf(planned),
      ...fields,
    },
  } as KubeObject;
}

export function templateOf({ name, port }: Pick<PlannedRollout, 'name' | 'port'>, tag: string): object {
  const container = { name: 'main', image: `example/shop:${tag}`, ...(port !== undefined && { ports: [{ containerPort: port }] }) };
  return { metadata: { labels: { app: name } }, spec: { containers: [container] } };
}

const analysis = { templates: [{ templateName: 'errors' }] };

function strategyOf(planned: PlannedRollout): object {
  const strategy: Strategy = planned.strategy;
  const { extras = {}, roles = false } = planned;
  const { stable, canary } = servicesOf(planned);
  switch (strategy.kind) {
    case 'basic': {
      const { maxSurge, maxUnavailable, steps, services, extra = {} } = strategy;
      const named = services && { stableService: stable, canaryService: canary };
      return { canary: { maxSurge, maxUnavailable, steps, ...named, ...extra, ...extras, ...canaryRoles(roles) } };
    }
    case 'routed':
      return {
        canary: {
          ...(strategy.pingPong
            ? { pingPong: { pingService: stable, pongService: canary } }
            : { stableService: stable, canaryService: canary }),
          trafficRouting: routingOf(planned.name, strategy),
          steps: strategy.steps,
          ...(strategy.background && { analysis }),
          ...strategy.extra,
          ...extras,
          ...canaryRoles(roles),
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
          ...extras,
          ...(roles && { activeMetadata: worn('stable'), previewMetadata: worn('canary') }),
        },
      };
  }
}

const worn = (role: string): object => ({ labels: { role }, annotations: { 'example/role': role } });

function canaryRoles(roles: boolean): object {
  return roles ? { canaryMetadata: worn('canary'), stableMetadata: worn('stable') } : {};
}

function routingOf(name: string, { router, maxWeight = 100 }: Extract<Strategy, { readonly kind: 'routed' }>): object {
  return {
    ...(router === 'nginx'
      ? { nginx: { stableIngress: name } }
      : { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: name } }, managedRoutes: [{ name: 'beta' }] }),
    ...(maxWeight !== 100 && { maxTrafficWeight: maxWeight }),
  };
}
