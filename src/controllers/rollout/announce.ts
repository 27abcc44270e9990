/** Tells people what a pass has done: an event on the Rollout and a line in the log, in order, after the status is stored. */
import { argoApiVersion, annotations as names } from '../../api/names.ts';
import { rollouts } from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { Announcement } from '../../core/decision.ts';
import type { EventRecorder } from '../../runtime/event-recorder.ts';
import type { Log } from '../../runtime/log.ts';

export interface Announcer {
  readonly recorder: EventRecorder;
  readonly log: Log;
  /** For figures. */
  readonly announced?: (announcement: Announcement) => void;
}

/** Reasons of announcements that speak of an effect: true as soon as it was carried out, whether or not the status could be stored. */
const ofEffects: ReadonlySet<string> = new Set([
  'ScalingReplicaSet',
  'NewReplicaSetCreated',
  'SwitchService',
  'AnalysisRunRunning',
]);

/** Reasons that begin the story of an update: what earlier passes did for it is told behind them. */
const openings: ReadonlySet<string> = new Set([
  'RolloutAddedToInformer',
  'InvalidSpec',
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'SkipSteps',
]);

/** What a pass has to tell, with what passes before it could not tell, each once and where the story has it. */
export function wholeStory(untold: ReadonlyMap<string, Announcement>, told: readonly Announcement[]): readonly Announcement[] {
  const identities = new Set(told.map(({ identity }) => identity));
  const left = [...untold.values()].filter(({ identity }) => !identities.has(identity));
  const end = told.findLastIndex(({ reason }) => openings.has(reason)) + 1;
  return [...told.slice(0, end), ...left, ...told.slice(end)];
}

export function isOfEffect({ reason }: Announcement): boolean {
  return ofEffects.has(reason);
}

export function announce(rollout: Rollout, announcements: Iterable<Announcement>, { recorder, log, announced }: Announcer): void {
  const { namespace, name, uid = '', resourceVersion, annotations } = rollout.metadata;
  const revision = annotations?.[names.revision];
  const regarding = {
    apiVersion: argoApiVersion,
    kind: rollouts.kind,
    name,
    uid,
    ...(namespace !== undefined && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  for (const announcement of announcements) {
    recorder.record(regarding, announcement);
    log[announcement.type === 'Warning' ? 'warn' : 'info'](announcement.message, {
      reason: announcement.reason,
      namespace,
      rollout: name,
      revision,
    });
    announced?.(announcement);
  }
}
