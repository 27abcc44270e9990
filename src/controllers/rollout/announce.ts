/** What a Rollout's passes have to tell, each thing once and in the order of its story. */
import { annotations as names } from '../../api/names.ts';
import { rollouts } from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import { type Announcement, inOrder } from '../../core/decision.ts';
import type { EventRecorder } from '../../runtime/event-recorder.ts';
import { type Announcer, announce, referenceTo } from '../announcer.ts';

export interface RolloutAnnouncer extends Announcer {
  readonly recorder: Pick<EventRecorder, 'record' | 'isBusyWith'>;
}

/** Reasons of announcements that speak of an effect: true as soon as it was carried out, whether or not the status could be stored. */
const ofEffects: ReadonlySet<string> = new Set([
  'ScalingReplicaSet',
  'NewReplicaSetCreated',
  'SwitchService',
  'AnalysisRunRunning',
  'ExperimentCreated',
]);

/** What a pass has to tell, with what passes before it could not tell, each once and where the story has it. */
export function wholeStory(untold: ReadonlyMap<string, Announcement>, told: readonly Announcement[]): readonly Announcement[] {
  const identities = new Set(told.map(({ identity }) => identity));
  return inOrder([...[...untold.values()].filter(({ identity }) => !identities.has(identity)), ...told]);
}

export function isOfEffect({ reason, identity }: Announcement): boolean {
  // A template that was put back is told of under the reason of the abort.
  return ofEffects.has(reason) || identity.startsWith('took-back/');
}

export function announceRollout(rollout: Rollout, announcements: Iterable<Announcement>, announcer: Announcer): void {
  const { name, annotations } = rollout.metadata;
  const fields = { rollout: name, revision: annotations?.[names.revision] };
  announce({ resource: rollouts, object: rollout, fields }, announcements, announcer);
}

/** True while something that was announced is not written yet. */
export function isBeingTold(rollout: Rollout, { recorder }: RolloutAnnouncer): boolean {
  return recorder.isBusyWith(referenceTo(rollouts, rollout));
}
