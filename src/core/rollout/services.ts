/**
 * Which ReplicaSet the canary and the stable Service of a canary shall select, and when they may be switched: to pods that are available, and with a
 * router only while no weight and no managed route rests on the Service that changes.
 */
import { annotations, labels } from '../../api/names.ts';
import type { TrafficPlan } from './canary-traffic.ts';
import type { Course } from './command.ts';
import type { Effect } from './decision.ts';
import { moment } from './moment.ts';
import type { Member, Situation } from './situation.ts';

export interface ServiceSwitch {
  readonly effect: Extract<Effect, { kind: 'switch-service' }>;
  /** Hash that it selected before; empty where none. */
  readonly from: string;
  /** The Service was nobody's until now. */
  readonly first: boolean;
  /** Where in the story it stands, if not among what the pass does. */
  readonly told?: 'opening' | 'afterEnd';
}

/** The switches that are due and allowed now. */
export function planSwitches(situation: Situation, course: Course, traffic: TrafficPlan | undefined): readonly ServiceSwitch[] {
  const { canary, routed, stable, current } = situation;
  if (routed && traffic === undefined) return [];
  const kind = moment(situation, course);
  const canaryTarget = kind === 'aborted' ? stable : kind === 'alone' ? (stable ?? current) : updateTarget(situation);
  const stableTarget = stable ?? (kind === 'alone' ? current : undefined);
  const switches: ServiceSwitch[] = [];
  const free = (service: 'canary' | 'stable', from: string): boolean =>
    traffic === undefined || mayMove(situation, traffic, service, from);
  const add = (name: string | undefined, target: Member | undefined, service: 'canary' | 'stable', trusted: boolean): void => {
    const planned = switchOf(situation, name, target, trusted);
    if (planned !== undefined && free(service, planned.from)) switches.push(planned);
  };
  add(canary.stableService, stableTarget, 'stable', false);
  add(canary.canaryService, canaryTarget, 'canary', routed && kind === 'aborted');
  return switches;
}

/** A superseded version may hold the only place where the current one could grow: then the Service goes to stable until it has. */
function updateTarget({ observed, canary, routed, current, stable, older }: Situation): Member | undefined {
  const selected = observed.services.get(canary.canaryService ?? '')?.spec.selector?.[labels.podTemplateHash];
  const isSuperseded = older.some(({ hash }) => hash === selected);
  return !routed && isSuperseded && (current?.available ?? 0) === 0 ? (stable ?? current) : current;
}

/** With a router: only while the other Service carries everything, or where the selector is nobody's. */
function mayMove(situation: Situation, traffic: TrafficPlan, service: 'canary' | 'stable', from: string): boolean {
  const { stable, current, older, maxWeight } = situation;
  const strange = ![stable, current, ...older].some((member) => member?.hash === from && member.total > 0);
  // Where no weight was ever given, and the version that is stable is the newest, nobody is to be kept where the Service leads: without this
  // a Service that a former Rollout of the name has left on a version that was given up would stay there for ever.
  if (!traffic.known && (strange || (stable !== undefined && stable === current))) return true;
  if (!traffic.recorded) return false;
  if (strange) return true;
  const { canaryWeight: weight, managedRoutes } = traffic.desired;
  if (service === 'canary') return weight === 0 && managedRoutes.length === 0;
  return weight === maxWeight || (weight === 0 && stable === current);
}

function switchOf(
  situation: Situation,
  name: string | undefined,
  target: Member | undefined,
  trusted: boolean,
): ServiceSwitch | undefined {
  const planned = target === undefined ? undefined : switchTo(situation, name, target.hash);
  if (target === undefined || planned === undefined) return undefined;
  const enough = target.size > 0 && target.available >= (planned.first ? target.size : 1);
  return trusted || enough ? planned : undefined;
}

/** Undefined where the Service is as it shall be, is missing, belongs to another Rollout, or was refused a moment ago. Whether it may be switched is not asked. */
export function switchTo({ observed, rollout }: Situation, name: string | undefined, hash: string): ServiceSwitch | undefined {
  const service = name === undefined ? undefined : observed.services.get(name);
  if (name === undefined || service === undefined) return undefined;
  const from = service.spec.selector?.[labels.podTemplateHash] ?? '';
  const owner = service.metadata.annotations?.[annotations.managedBy];
  if (from === hash) return undefined;
  if (owner !== undefined && owner !== rollout.metadata.name && observed.otherRollouts.has(owner)) return undefined;
  // A plan that counts on a switch must not count on one that did not happen.
  if (observed.failures.some((failure) => failure.effect.kind === 'switch-service' && failure.effect.name === name))
    return undefined;
  const effect = { kind: 'switch-service', name, hash, managedBy: rollout.metadata.name } as const;
  return { effect, from, first: owner === undefined };
}
