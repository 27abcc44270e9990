/** What is wrong with a canary strategy by itself. */
import { decodeGatewayApiRouting } from '../gateway-api-routing.ts';
import { parseIntOrPercent } from '../int-or-percent.ts';
import type { Problem } from '../problem.ts';
import type { CanaryStrategy, TrafficRouting } from '../rollout.ts';
import { analysisProblems } from './analysis.ts';
import { stepProblems } from './canary-step.ts';
import { antiAffinityProblems } from './injected.ts';
import { notNegative } from './limits.ts';
import { managedNameProblem, managedRouteStepProblems } from './managed-routes.ts';
import { nginxProblems, nginxStepProblems } from './nginx.ts';

const DEFAULT_MAX_WEIGHT = 100;

export function canaryProblems(canary: CanaryStrategy, path: string): readonly Problem[] {
  const { steps, trafficRouting, analysis, pingPong } = canary;
  const maxWeight = trafficRouting?.maxTrafficWeight ?? DEFAULT_MAX_WEIGHT;
  const context = { maxWeight, routed: trafficRouting !== undefined };
  return [
    ...serviceNameProblems(canary, path),
    ...surgeProblems(canary, path),
    ...delayProblems(canary, path),
    ...thresholdProblems(canary, path),
    ...pingPongProblems(canary, path),
    ...(trafficRouting === undefined ? [] : trafficRoutingProblems(trafficRouting, `${path}.trafficRouting`)),
    ...(steps ?? []).flatMap((step, index) => stepProblems(step, `${path}.steps[${index}]`, context)),
    ...(trafficRouting?.nginx === undefined ? managedRouteStepProblems(canary, path) : nginxStepProblems(steps ?? [], path)),
    ...antiAffinityProblems(canary.antiAffinity, `${path}.antiAffinity`),
    ...(analysis === undefined ? [] : analysisProblems(analysis, `${path}.analysis`)),
    ...notNegative(`${path}.analysis`, { startingStep: analysis?.startingStep }),
    ...(trafficRouting === undefined || pingPong !== undefined ? [] : bothServices(canary, path)),
  ];
}

function serviceNameProblems({ canaryService, stableService }: CanaryStrategy, path: string): readonly Problem[] {
  if (canaryService === undefined || canaryService === '' || canaryService !== stableService) return [];
  return [{ path: `${path}.stableService`, message: `must differ from canaryService, both are ${JSON.stringify(stableService)}` }];
}

function bothServices(canary: CanaryStrategy, path: string): readonly Problem[] {
  return (['canaryService', 'stableService'] as const).flatMap((name) =>
    (canary[name] ?? '') === ''
      ? [{ path: `${path}.${name}`, message: 'is required with trafficRouting: weights are shared out between the two Services' }]
      : [],
  );
}

function surgeProblems({ maxSurge, maxUnavailable }: CanaryStrategy, path: string): readonly Problem[] {
  const problems: Problem[] = [];
  const parsed = { maxSurge: parseIntOrPercent(maxSurge ?? '25%'), maxUnavailable: parseIntOrPercent(maxUnavailable ?? '25%') };
  for (const [name, value] of Object.entries(parsed)) {
    if (value.kind === 'error') problems.push({ path: `${path}.${name}`, message: value.error });
  }
  const { maxSurge: surge, maxUnavailable: unavailable } = parsed;
  if (unavailable.kind === 'percent' && unavailable.value > 100) {
    problems.push({ path: `${path}.maxUnavailable`, message: `must not be more than 100%, got ${unavailable.value}%` });
  }
  if (surge.kind !== 'error' && unavailable.kind !== 'error' && surge.value === 0 && unavailable.value === 0) {
    problems.push({
      path: `${path}.maxSurge`,
      message: 'must not be 0 while maxUnavailable is 0, or no pod could ever be replaced',
    });
  }
  return problems;
}

function delayProblems(canary: CanaryStrategy, path: string): readonly Problem[] {
  const { scaleDownDelaySeconds, abortScaleDownDelaySeconds, minPodsPerReplicaSet, scaleDownDelayRevisionLimit } = canary;
  const problems = notNegative(path, {
    scaleDownDelaySeconds,
    abortScaleDownDelaySeconds,
    minPodsPerReplicaSet,
    scaleDownDelayRevisionLimit,
  });
  if (scaleDownDelaySeconds !== undefined && canary.trafficRouting === undefined) {
    problems.push({
      path: `${path}.scaleDownDelaySeconds`,
      message: 'can only be used with trafficRouting: name a router, or take it out',
    });
  }
  return [...problems, ...dynamicProblems(canary, path)];
}

function dynamicProblems({ dynamicStableScale, trafficRouting, scaleDownDelaySeconds }: CanaryStrategy, path: string) {
  if (dynamicStableScale !== true) return [];
  const at = `${path}.dynamicStableScale`;
  if (trafficRouting === undefined)
    return [{ path: at, message: 'can only be used with trafficRouting: name a router, or take it out' }];
  return scaleDownDelaySeconds === undefined
    ? []
    : [
        {
          path: at,
          message: 'cannot be used with scaleDownDelaySeconds: the version before goes as its traffic does; take one of them out',
        },
      ];
}

/** Routers that can move weight from one backend to another without a look at the Services' roles. */
const turningRouters = ['plugins', 'istio', 'alb'] as const;

function pingPongProblems({ pingPong, trafficRouting }: CanaryStrategy, path: string): readonly Problem[] {
  if (pingPong === undefined) return [];
  const at = `${path}.pingPong`;
  const { pingService, pongService } = pingPong;
  const empty = Object.entries({ pingService, pongService }).filter(([, name]) => name === '');
  if (empty.length > 0) return empty.map(([name]) => ({ path: `${at}.${name}`, message: 'must name a Service' }));
  if (pingService === pongService)
    return [{ path: `${at}.pongService`, message: `must differ from pingService, both are ${JSON.stringify(pingService)}` }];
  if (trafficRouting === undefined)
    return [{ path: at, message: 'can only be used with trafficRouting: name a router, or take it out' }];
  const known: readonly string[] = [...turningRouters, 'managedRoutes', 'maxTrafficWeight'];
  const others = Object.entries(trafficRouting).filter(([key, value]) => value !== undefined && !known.includes(key));
  return others.map(([router]) => ({
    path: at,
    message: `cannot be used with router ${router}, which knows a stable and a canary Service only; use ${turningRouters.join(', ')}, or canaryService and stableService`,
  }));
}

function thresholdProblems({ replicaProgressThreshold }: CanaryStrategy, path: string): readonly Problem[] {
  if (replicaProgressThreshold === undefined) return [];
  const { type, value } = replicaProgressThreshold;
  const at = `${path}.replicaProgressThreshold`;
  if (type !== 'Percent' && type !== 'Pods')
    return [{ path: `${at}.type`, message: `must be Percent or Pods, got ${JSON.stringify(type)}` }];
  if (value < 0) return [{ path: `${at}.value`, message: `must not be negative, got ${value}` }];
  if (type === 'Percent' && value > 100)
    return [{ path: `${at}.value`, message: `must not be more than 100 percent, got ${value}` }];
  return [];
}

function trafficRoutingProblems(trafficRouting: TrafficRouting, path: string): readonly Problem[] {
  const { maxTrafficWeight, managedRoutes, nginx, plugins, ...others } = trafficRouting;
  const problems: Problem[] = [];
  const routers = [nginx, plugins, ...Object.values(others)].filter((router) => router !== undefined);
  if (routers.length === 0) problems.push({ path, message: 'names no router; set plugins["argoproj-labs/gatewayAPI"] or nginx' });
  if (maxTrafficWeight !== undefined) {
    if (maxTrafficWeight < 1)
      problems.push({ path: `${path}.maxTrafficWeight`, message: `must be at least 1, got ${maxTrafficWeight}` });
    if (nginx === undefined && plugins === undefined) {
      problems.push({ path: `${path}.maxTrafficWeight`, message: 'can only be used with nginx and plugins' });
    }
  }
  problems.push(...managedRouteProblems(managedRoutes ?? [], `${path}.managedRoutes`));
  problems.push(...(decodeGatewayApiRouting(trafficRouting)?.problems ?? []));
  if (nginx !== undefined) problems.push(...nginxProblems(nginx, `${path}.nginx`));
  return problems;
}

function managedRouteProblems(routes: readonly { readonly name: string }[], path: string): readonly Problem[] {
  return routes.flatMap(({ name }, index) => {
    const message = managedNameProblem(name);
    if (message !== undefined) return [{ path: `${path}[${index}].name`, message }];
    const first = routes.findIndex((route) => route.name === name);
    return first === index
      ? []
      : [{ path: `${path}[${index}].name`, message: `must be unique, got ${JSON.stringify(name)} twice` }];
  });
}
