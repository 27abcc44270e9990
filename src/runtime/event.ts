/** core/v1 Events, as far as they are written here, and what the recorder is told to write. */
import type { KubeObject } from '../api/kubernetes.ts';
import type { Resource } from './cluster.ts';

export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** What makes it the only one of its reason for its object: recording it again changes nothing. */
  readonly identity: string;
  /** Its place among the events of its object: whole numbers from 0 on, the most significant first. Absent: anywhere. */
  readonly order?: readonly number[];
}

export interface EventObject extends KubeObject {
  readonly involvedObject: ObjectReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
  readonly firstTimestamp: string;
  readonly lastTimestamp: string;
  readonly count?: number;
}

export const events: Resource<EventObject> = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true };
