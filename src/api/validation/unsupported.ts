/**
 * What the API has and this version does not do yet. A Rollout that uses it is invalid, with a sentence, rather than half-obeyed. The
 * table is the whole truth: to support something, implement it and take its row out.
 */
import { gatewayApiPlugin } from '../names.ts';
import type { Problem } from '../problem.ts';
import type { CanaryStep, Rollout, TrafficRouting } from '../rollout.ts';

interface Row<Of> {
  /** Below the path of what is looked at; empty for the thing itself. */
  readonly path: string;
  readonly what: string;
  readonly uses: (of: Of) => boolean;
}

const ofStep: readonly Row<CanaryStep>[] = [{ path: 'plugin', what: 'plugin step', uses: ({ plugin }) => plugin !== undefined }];

const routers = ['istio', 'alb', 'smi', 'ambassador', 'appMesh', 'traefik', 'apisix'] as const;
const ofTrafficRouting: readonly Row<TrafficRouting>[] = routers.map((router) => ({
  path: router,
  what: `router ${router}`,
  uses: (trafficRouting) => trafficRouting[router] !== undefined,
}));

/** The tables as a list for people: whole paths and what they stand for. */
export const unsupportedFields: readonly { readonly path: string; readonly what: string }[] = [
  ...below('spec.strategy.canary.steps[]', ofStep),
  ...below('spec.strategy.canary.trafficRouting', ofTrafficRouting),
].map(({ path, what }) => ({ path, what }));

/** One problem for each use of something in the tables above. */
export function unsupportedProblems(rollout: Rollout): readonly Problem[] {
  const { canary } = rollout.spec.strategy ?? {};
  const path = 'spec.strategy.canary';
  const problems: Problem[] = [];
  if (canary === undefined) return problems;
  for (const [index, step] of (canary.steps ?? []).entries()) problems.push(...problemsOf(ofStep, step, `${path}.steps[${index}]`));
  if (canary.trafficRouting !== undefined) problems.push(...routerProblems(canary.trafficRouting, `${path}.trafficRouting`));
  return problems;
}

function routerProblems(trafficRouting: TrafficRouting, path: string): readonly Problem[] {
  const problems = problemsOf(ofTrafficRouting, trafficRouting, path);
  for (const name of Object.keys(trafficRouting.plugins ?? {})) {
    if (name !== gatewayApiPlugin) problems.push(problem(`${path}.plugins[${JSON.stringify(name)}]`, `router plugin "${name}"`));
  }
  return problems;
}

function below(path: string, rows: readonly { readonly path: string; readonly what: string }[]) {
  return rows.map((row) => ({ path: `${path}.${row.path}`, what: row.what }));
}

function problemsOf<Of>(rows: readonly Row<Of>[], of: Of, path: string): Problem[] {
  return rows.filter((row) => row.uses(of)).map((row) => problem(`${path}.${row.path}`, row.what));
}

function problem(path: string, what: string): Problem {
  return { path, message: `${what} is not supported by this version of Rampart` };
}
