/**
 * Pod templates with what the controller adds to them, and without. The user's own values are never lost: what an added one covers is
 * noted on the ReplicaSet, and comes back when it goes. None of this is part of a template's hash or meaning.
 */
import type { PodTemplate, ReplicaSet } from '../../../api/kubernetes.ts';
import { annotations, labels } from '../../../api/names.ts';
import { coveredMetadata, type EphemeralMetadata, metadataText, wornMetadata } from '../identity/ephemeral-metadata.ts';
import { isEqual } from '../quiet.ts';
import { affinityPatch, withTerm } from './anti-affinity.ts';
import type { Injection } from './injection.ts';

const sections = ['labels', 'annotations'] as const;
type Section = (typeof sections)[number];
type Texts = Readonly<Record<string, string>>;
type Changes = Readonly<Record<string, string | null>>;

/** A merge patch of `spec.template`. */
export interface TemplatePatch {
  readonly metadata?: { readonly labels?: Changes; readonly annotations?: Changes };
  readonly spec?: { readonly affinity: unknown };
}

/** The user's template as the ReplicaSet has it: without the hash, and without what was added. */
export function ownTemplate(replicaSet: ReplicaSet): PodTemplate {
  const { metadata, spec } = replicaSet.spec.template;
  const { [labels.podTemplateHash]: _, ...own } = ownTexts(replicaSet, 'labels');
  const noted = ownTexts(replicaSet, 'annotations');
  const { affinity, ...rest } = spec ?? {};
  const kept = withTerm(affinity, undefined);
  const hadNotes = metadata?.annotations !== undefined;
  return {
    ...replicaSet.spec.template,
    metadata: { ...metadata, labels: own, ...(hadNotes && { annotations: noted }) },
    spec: { ...rest, ...(kept === undefined ? {} : { affinity: kept }) },
  };
}

function ownTexts(replicaSet: ReplicaSet, section: Section): Texts {
  const worn = wornMetadata(replicaSet)?.[section] ?? {};
  const present = Object.entries(replicaSet.spec.template.metadata?.[section] ?? {});
  return {
    ...Object.fromEntries(present.filter(([key]) => worn[key] === undefined)),
    ...coveredMetadata(replicaSet)?.[section],
  };
}

/** The spec's word counts for keys that were ever added to; others are as they are. */
function userTexts(replicaSet: ReplicaSet, section: Section, wanted: EphemeralMetadata, spec: PodTemplate | undefined): Texts {
  const noted = ownTexts(replicaSet, section);
  if (spec === undefined) return noted;
  const keys = addedKeys(replicaSet, section, wanted);
  const others = Object.entries(noted).filter(([key]) => !keys.has(key));
  const said = Object.entries(spec.metadata?.[section] ?? {}).filter(([key]) => keys.has(key));
  return Object.fromEntries([...others, ...said]);
}

function addedKeys(replicaSet: ReplicaSet, section: Section, wanted: EphemeralMetadata): ReadonlySet<string> {
  const sets = [wornMetadata(replicaSet), coveredMetadata(replicaSet), wanted];
  return new Set(sets.flatMap((one) => Object.keys(one?.[section] ?? {})));
}

/** The user's template as a new ReplicaSet gets it, and the notes that go on the ReplicaSet. */
export function injectedTemplate(
  template: PodTemplate,
  { metadata, term }: Injection,
): { readonly template: PodTemplate; readonly notes: Texts } {
  const { labels: own = {}, annotations: noted = {} } = template.metadata ?? {};
  const { affinity, ...spec } = template.spec ?? {};
  const kept = withTerm(affinity, term);
  const covered = {
    labels: only(own, Object.keys(metadata.labels ?? {})),
    annotations: only(noted, Object.keys(metadata.annotations ?? {})),
  };
  const notes = Object.entries(notesOf(metadata, covered)).filter((entry): entry is [string, string] => entry[1] !== null);
  const hasNotes = metadata.annotations !== undefined || template.metadata?.annotations !== undefined;
  return {
    template: {
      ...template,
      metadata: {
        ...template.metadata,
        labels: { ...own, ...metadata.labels },
        ...(hasNotes && { annotations: { ...noted, ...metadata.annotations } }),
      },
      spec: { ...spec, ...(kept === undefined ? {} : { affinity: kept }) },
    },
    notes: Object.fromEntries(notes),
  };
}

export interface Redress {
  readonly template: TemplatePatch;
  /** For the ReplicaSet; null removes. */
  readonly notes: Changes;
  /** Keys whose values change. */
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
}

/**
 * What has to change about a ReplicaSet that exists, so that it has these additions and no others; undefined where nothing has. `spec`, of
 * the current one, says what the user's own values are, else the ReplicaSet's notes do.
 */
export function redress(replicaSet: ReplicaSet, injection: Injection, spec?: PodTemplate): Redress | undefined {
  if (isBare(replicaSet, injection)) return undefined;
  const { metadata, term } = injection;
  const { template } = replicaSet.spec;
  const own = {
    labels: userTexts(replicaSet, 'labels', metadata, spec),
    annotations: userTexts(replicaSet, 'annotations', metadata, spec),
  };
  const [labelled, noted] = sections.map((section) =>
    changesFrom(template.metadata?.[section] ?? {}, { ...own[section], ...metadata[section] }),
  );
  const worn = replicaSet.metadata.annotations ?? {};
  const covered = {
    labels: only(own.labels, addedKeys(replicaSet, 'labels', metadata)),
    annotations: only(own.annotations, addedKeys(replicaSet, 'annotations', metadata)),
  };
  const notes = Object.fromEntries(
    Object.entries(notesOf(metadata, covered)).filter(([key, text]) => (worn[key] ?? null) !== text),
  );
  const affinity = template.spec?.affinity;
  const wanted = withTerm(affinity, term);
  const placed = isEqual(affinity, wanted) ? undefined : { affinity: affinityPatch(affinity, wanted) };
  const [labelKeys, noteKeys] = [Object.keys(labelled ?? {}), Object.keys(noted ?? {})];
  if (labelKeys.length + noteKeys.length + Object.keys(notes).length === 0 && placed === undefined) return undefined;
  return {
    template: {
      ...(labelKeys.length + noteKeys.length > 0 && {
        metadata: {
          ...(labelKeys.length > 0 && { labels: labelled ?? {} }),
          ...(noteKeys.length > 0 && { annotations: noted ?? {} }),
        },
      }),
      ...(placed !== undefined && { spec: placed }),
    },
    notes,
    labels: labelKeys,
    annotations: noteKeys,
  };
}

/** Nothing was ever added and nothing is wanted, as for most: that is seen without comparing anything. */
function isBare({ metadata, spec }: ReplicaSet, { metadata: wanted, term }: Injection): boolean {
  const { [annotations.ephemeralMetadata]: worn, [annotations.coveredMetadata]: covered } = metadata.annotations ?? {};
  const isUnmarked = worn === undefined && covered === undefined && spec.template.spec?.affinity === undefined;
  return isUnmarked && term === undefined && metadataText(wanted) === undefined;
}

function changesFrom(from: Texts, to: Texts): Changes {
  const gone = Object.keys(from).filter((key) => to[key] === undefined);
  return {
    ...Object.fromEntries(gone.map((key) => [key, null])),
    ...Object.fromEntries(Object.entries(to).filter(([key, value]) => from[key] !== value)),
  };
}

function only(texts: Texts, keys: Iterable<string>): Texts {
  const kept = new Set(keys);
  return Object.fromEntries(Object.entries(texts).filter(([key]) => kept.has(key)));
}

function notesOf(metadata: EphemeralMetadata, covered: EphemeralMetadata): Changes {
  return {
    [annotations.ephemeralMetadata]: metadataText(metadata) ?? null,
    [annotations.coveredMetadata]: metadataText(covered) ?? null,
  };
}
