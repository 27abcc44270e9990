/**
 * Which ReplicaSet the canary and the stable Service shall select, and when they may be switched: to pods that are available, and with a
 * router only while no weight rests on the Service that changes.
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
  if (strange && !traffic.known) return true;
  if (!traffic.recorded) return false;
  if (strange) return true;
  const weight = traffic.desired.canaryWeight;
  if (service === 'canary') return weight === 0;
  return weight === maxWeight || (weight === 0 && stable === current);
}

function switchOf(
  { observed, rollout }: Situation,
  name: string | undefined,
  target: Member | undefined,
  trusted: boolean,
): ServiceSwitch | undefined {
  const service = name === undefined ? undefined : observed.services.get(name);
  if (name === undefined || service === undefined || target === undefined) return undefined;
  const from = service.spec.selector?.[labels.podTemplateHash] ?? '';
  const owner = service.metadata.annotations?.[annotations.managedBy];
  if (from === target.hash) return undefined;
  if (owner !== undefined && owner !== rollout.metadata.name && observed.otherRollouts.has(owner)) return undefined;
  const first = owner === undefined;
  const enough = target.size > 0 && target.available >= (first ? target.size : 1);
  if (!trusted && !enough) return undefined;
  return { effect: { kind: 'switch-service', name, hash: target.hash, managedBy: rollout.metadata.name }, from };
}
