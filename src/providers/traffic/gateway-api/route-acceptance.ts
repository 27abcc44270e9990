/**
 * What the gateways say about one route: whether every parent has taken the generation that the route has now. Nothing counts as
 * confirmed that was not said about this very generation.
 */
import type { ParentRef, Route, RouteCondition } from './route-object.ts';

/** `message` follows the route's name; empty when confirmed. `reason` is the gateway's, when it refused. */
export interface Acceptance {
  readonly state: 'confirmed' | 'pending' | 'failed';
  readonly message: string;
  readonly reason?: string;
}

const confirmed: Acceptance = { state: 'confirmed', message: '' };

/**
 * Every parent that has ever answered must have taken the present generation. One that never did serves nothing of this route; it
 * is waited for only where none has answered.
 */
export function routeAcceptance(route: Route): Acceptance {
  const parents = route.spec?.parentRefs ?? [];
  const [first] = parents;
  if (first === undefined)
    return { state: 'failed', message: 'has no parentRefs, so no gateway serves it; name its Gateway there' };
  const answers = parents.flatMap((parent) => parentAnswers(route, parent));
  if (answers.length === 0) {
    return {
      state: 'pending',
      message: `${parentName(first)} has not answered for it yet; is it there, and its controller running?`,
    };
  }
  return answers.find(({ state }) => state === 'failed') ?? answers.find(({ state }) => state === 'pending') ?? confirmed;
}

/** Several controllers may answer for one parent; each has to accept. */
function parentAnswers(route: Route, parent: ParentRef): readonly Acceptance[] {
  const answers = (route.status?.parents ?? []).filter(({ parentRef }) => identity(parentRef, route) === identity(parent, route));
  return answers.map(({ conditions = [] }) => answer(route, parent, conditions));
}

function answer(route: Route, parent: ParentRef, conditions: readonly RouteCondition[]): Acceptance {
  const name = parentName(parent);
  const accepted = conditions.find(({ type }) => type === 'Accepted');
  if (accepted === undefined) return { state: 'pending', message: `${name} has not accepted it yet` };
  const resolved = conditions.find(({ type }) => type === 'ResolvedRefs');
  for (const condition of resolved === undefined ? [accepted] : [accepted, resolved]) {
    const seen = condition.observedGeneration;
    const generation = route.metadata.generation ?? 0;
    if (seen === undefined || seen < generation) {
      const past = seen === undefined ? 'does not say which generation it has seen' : `has seen generation ${seen}`;
      return { state: 'pending', message: `${name} has not taken generation ${generation} yet: it ${past}` };
    }
  }
  if (accepted.status !== 'True') return refusal(route, name, 'did not accept it', accepted);
  if (resolved?.status === 'False') return refusal(route, name, 'cannot use its backends', resolved);
  return confirmed;
}

function refusal(route: Route, name: string, what: string, { status, reason = '', message = '' }: RouteCondition): Acceptance {
  const words = [reason, message].filter((part) => part !== '').join(': ');
  const advice =
    reason === 'RefNotPermitted'
      ? `; the Services' namespace needs a ReferenceGrant that lets ${route.kind ?? 'route'}s of namespace ${route.metadata.namespace} refer to them`
      : '';
  return {
    state: status === 'False' ? 'failed' : 'pending',
    message: `${name} ${what}${words === '' ? '' : ` (${words})`}${advice}`,
    ...(reason !== '' && { reason }),
  };
}

function identity(parent: ParentRef, route: Route): string {
  const { group = 'gateway.networking.k8s.io', kind = 'Gateway', name, namespace = route.metadata.namespace } = parent;
  return JSON.stringify([group, kind, namespace, name, parent.sectionName, parent.port]);
}

function parentName({ kind = 'Gateway', name, namespace, sectionName }: ParentRef): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}${sectionName === undefined ? '' : ` (${sectionName})`}`;
}
