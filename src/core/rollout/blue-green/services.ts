/**
 * When the active and the preview Service are switched. The preview follows the new version at once. The active one goes forward only to
 * a version that is whole and has passed the gate; back to the stable version it goes as soon as one pod of that can answer.
 */
import type { BlueGreenStrategy } from '../../../api/rollout.ts';
import type { Course } from '../command.ts';
import { moment } from '../moment.ts';
import { type ServiceSwitch, switchTo } from '../services.ts';
import type { Member, Situation } from '../situation.ts';
import type { Gate } from './gate.ts';
import { activeMember, isSaturated, type Selected } from './selected.ts';

export interface ServicePlan {
  readonly switches: readonly ServiceSwitch[];
  /** As the Services are when the switches are made. */
  readonly selected: Selected;
}

export function planServices(situation: Situation, blueGreen: BlueGreenStrategy, course: Course, gate: Gate): ServicePlan {
  const preview = previewSwitch(situation, blueGreen, course);
  const active = activeSwitch(situation, blueGreen, course, gate);
  const before = situation.selected ?? { active: '', preview: undefined };
  return {
    switches: [preview, active].filter((one) => one !== undefined),
    selected: { active: active?.effect.hash ?? before.active, preview: preview?.effect.hash ?? before.preview },
  };
}

/** A ReplicaSet that is made in this very pass is a target too: its pods come a moment later. */
function previewSwitch(situation: Situation, { previewService }: BlueGreenStrategy, course: Course): ServiceSwitch | undefined {
  const { frozen, hash, current, observed } = situation;
  const isRefused = observed.failures.some(({ effect }) => effect.kind === 'create-replica-set');
  if (frozen || hash === '' || (current === undefined && isRefused)) return undefined;
  const planned = switchTo(situation, previewService, hash);
  return planned === undefined || !course.restarted || !situation.templateChanged ? planned : { ...planned, told: 'opening' };
}

function activeSwitch(
  situation: Situation,
  { activeService }: BlueGreenStrategy,
  course: Course,
  gate: Gate,
): ServiceSwitch | undefined {
  const target = activeTarget(situation, course, gate);
  if (target === undefined) return undefined;
  const planned = switchTo(situation, activeService, target.hash);
  if (planned === undefined || !mayServe(situation, target, planned.first)) return undefined;
  return situation.stable === undefined ? { ...planned, told: 'afterEnd' } : planned;
}

/** The version that users shall reach; undefined where nobody can say. */
function activeTarget(situation: Situation, course: Course, gate: Gate): Member | undefined {
  const { current, stable, frozen, rollout, selected } = situation;
  const kind = moment(situation, course);
  if (kind === 'aborted') return stable;
  if (frozen || kind === 'stranded') return undefined;
  if (kind === 'alone') return stable ?? current;
  if (!gate.passed) return stable;
  if (current !== undefined && selected?.active === current.hash) return current;
  return rollout.spec.paused !== true && isSaturated(situation, current) ? current : stable;
}

/** `first`: the Service selects whatever it likes until now. */
function mayServe(situation: Situation, target: Member, first: boolean): boolean {
  const present = activeMember(situation);
  const goesBack = target === situation.stable && present !== undefined && !first;
  if (!goesBack && !isSaturated(situation, target)) return false;
  return target.available > 0 || (present?.available ?? 0) === 0;
}
