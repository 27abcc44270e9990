/** What is wrong with an Ingress that a Rollout names, so that no canary Ingress can be made beside it. */
import { canaryRules } from './canary-ingress.ts';
import { classOf, type Ingress } from './ingress-object.ts';

/** `message` follows its name. */
export interface StableProblem {
  readonly message: string;
  readonly isMissing?: true;
}

export interface StableScope {
  readonly services: { readonly stableService: string; readonly canaryService: string };
  /** Empty: any. */
  readonly classes: ReadonlySet<string>;
  readonly namespace: string;
  readonly prefix: string;
}

export function stableProblem(stable: Ingress | undefined, scope: StableScope): StableProblem | undefined {
  const { services, classes, namespace, prefix } = scope;
  if (stable === undefined)
    return { message: `does not exist in namespace ${namespace}; create it or name another`, isMissing: true };
  if (stable.metadata.annotations?.[`${prefix}/canary`] === 'true')
    return { message: `is a canary Ingress itself (${prefix}/canary); name the one that it stands beside` };
  const named = classOf(stable);
  if (classes.size > 0 && named !== undefined && !classes.has(named))
    return { message: `has class ${named}, which is none of --nginx-ingress-classes (${[...classes].join(', ')})` };
  if (canaryRules(stable, services).length > 0) return undefined;
  const { defaultBackend } = stable.spec ?? {};
  const only = defaultBackend?.service?.name === services.stableService ? ' but its default backend' : '';
  return { message: `has no rule whose backend is Service ${services.stableService}${only}; route to it by a rule of spec.rules` };
}
