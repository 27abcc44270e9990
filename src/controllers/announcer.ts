/** Tells people what a pass has done: an event on the object and a line in the log for each announcement, in order. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Announcement } from '../core/decision.ts';
import type { Resource } from '../runtime/cluster.ts';
import type { ObjectReference } from '../runtime/event.ts';
import type { EventRecorder } from '../runtime/event-recorder.ts';
import type { Log, LogFields } from '../runtime/log.ts';

export interface Announcer {
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly log: Log;
  /** For figures. */
  readonly announced?: (announcement: Announcement) => void;
}

/** What the announcements are about, and what each line of the log says of it besides. */
export interface Subject {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly fields: LogFields;
}

/** Call it after the status that the announcements speak of is stored. */
export function announce(
  { resource, object, fields }: Subject,
  announcements: Iterable<Announcement>,
  { recorder, log, announced }: Announcer,
): void {
  const { namespace } = object.metadata;
  const regarding = referenceTo(resource, object);
  for (const announcement of announcements) {
    recorder.record(regarding, announcement);
    const level = announcement.type === 'Warning' ? 'warn' : 'info';
    log[level](announcement.message, { reason: announcement.reason, namespace, ...fields });
    announced?.(announcement);
  }
}

/** As Events have it. */
export function referenceTo(resource: Resource, { metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  return { apiVersion: `${resource.group}/${resource.version}`, kind: resource.kind, namespace, name, uid, resourceVersion };
}
