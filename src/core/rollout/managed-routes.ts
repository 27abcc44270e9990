/**
 * Which header and mirror routes the steps of a canary have added, and which of them may stand in the routes now. They follow from the
 * spec and the step, so a restart loses none. They lead to pods that were seen to answer, and are taken off only where somebody else answers.
 */
import type { CanaryStep, CanaryStrategy } from '../../api/rollout.ts';
import type { Answering } from './answering.ts';
import type { Course } from './command.ts';
import { stepHash } from './identity/step-hash.ts';
import { moment } from './moment.ts';
import type { ManagedRoute } from './routes.ts';
import type { Situation } from './situation.ts';

/** The routes that the steps up to this one have added and none has taken off again, in the order of `managedRoutes`. */
export function managedRoutesAt(
  { steps = [], trafficRouting }: Pick<CanaryStrategy, 'steps' | 'trafficRouting'>,
  index: number,
): readonly ManagedRoute[] {
  // name -> what the newest step says of it
  const added = new Map<string, ManagedRoute>();
  for (const step of steps.slice(0, index + 1)) {
    const route = routeOf(step);
    if (route === undefined) continue;
    if (route.match.length > 0) added.set(route.name, route);
    else added.delete(route.name);
  }
  return (trafficRouting?.managedRoutes ?? []).flatMap(({ name }) => added.get(name) ?? []);
}

function routeOf({ setHeaderRoute, setMirrorRoute }: CanaryStep): ManagedRoute | undefined {
  if (setHeaderRoute !== undefined) {
    const { name = '', match = [] } = setHeaderRoute;
    return { kind: 'header', name, match };
  }
  if (setMirrorRoute === undefined) return undefined;
  const { name, match = [], percentage } = setMirrorRoute;
  return { kind: 'mirror', name, match, ...(percentage !== undefined && { percentage }) };
}

/** What the moment wants; nothing at a step that has no pods for the canary. */
export function wantedRoutes(situation: Situation, course: Course, { index, pods }: { index: number; pods: number }) {
  const { current, canary, frozen, status } = situation;
  if (moment(situation, course) !== 'update' || current === undefined || current.available === 0) return [];
  if (!frozen) return pods === 0 ? [] : managedRoutesAt(canary, index);
  // Steps of an invalid spec are not obeyed, unless they are those that were under way.
  const known = carriedRoutes(situation);
  return known ?? (stepHash(canary.steps) === status.currentStepHash ? managedRoutesAt(canary, index) : []);
}

/** What may stand there; undefined where that is not known: something may, and nobody else would answer if it went. */
export function allowedRoutes(
  situation: Situation,
  course: Course,
  { wanted, answering, present }: { wanted: readonly ManagedRoute[]; answering: Answering; present: number },
): readonly ManagedRoute[] | undefined {
  if (answering.canary && wanted.length > 0) return wanted;
  // Where stable is to have no pods, it never answers; a canary with all the weight serves everyone without a rule of their own.
  const isServingAll = situation.replicas === 0 && present === situation.maxWeight;
  if (answering.stable || !answering.anyCanary || isServingAll) return [];
  const known = carriedRoutes(situation);
  if (known !== undefined) return known;
  // The first look of a process: what the one before has written.
  const { canary, steps } = situation;
  const kind = moment(situation, course);
  if (kind === 'aborted' && steps.some((step) => (routeOf(step)?.match.length ?? 0) > 0)) return undefined;
  return kind === 'alone' && present > 0 ? managedRoutesAt(canary, Number.POSITIVE_INFINITY) : wanted;
}

/** What this process knows to be written. */
function carriedRoutes({ observed: { routes } }: Situation): readonly ManagedRoute[] | undefined {
  return routes === undefined || routes.state === 'failed' ? undefined : routes.desired.managedRoutes;
}
