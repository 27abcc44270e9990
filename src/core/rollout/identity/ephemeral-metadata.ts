/** Metadata that pods wear while their ReplicaSet has a role, as it is noted on ReplicaSets: JSON that others may have written. */
import type { ReplicaSet } from '../../../api/kubernetes.ts';
import { annotations } from '../../../api/names.ts';
import { isFields } from './go-writer.ts';

/** Labels and annotations that are put on pods of one side only (`canaryMetadata` and its like), in the form of the annotation's JSON. */
export interface EphemeralMetadata {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** What a controller put on the ReplicaSet's pods beside the user's template; undefined where it put nothing. */
export function wornMetadata(replicaSet: ReplicaSet): EphemeralMetadata | undefined {
  return readMetadata(replicaSet, annotations.ephemeralMetadata);
}

/** What the template itself says under the keys that were put on it; undefined where it says nothing there. */
export function coveredMetadata(replicaSet: ReplicaSet): EphemeralMetadata | undefined {
  return readMetadata(replicaSet, annotations.coveredMetadata);
}

function readMetadata({ metadata }: ReplicaSet, annotation: string): EphemeralMetadata | undefined {
  const text = metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isFields(parsed) ? { labels: texts(parsed.labels), annotations: texts(parsed.annotations) } : undefined;
}

function texts(value: unknown): Readonly<Record<string, string>> {
  if (!isFields(value)) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** As an annotation holds it, with sorted keys; undefined where there is nothing to say. */
export function metadataText({ labels = {}, annotations: noted = {} }: EphemeralMetadata): string | undefined {
  const parts = { ...(hasKeys(labels) && { labels: sorted(labels) }), ...(hasKeys(noted) && { annotations: sorted(noted) }) };
  return hasKeys(parts) ? JSON.stringify(parts) : undefined;
}

function hasKeys(map: object): boolean {
  return Object.keys(map).length > 0;
}

function sorted(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}
