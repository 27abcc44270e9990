/** What each ReplicaSet is given beside the user's template: by its role, which is read from the stored status and from the Services. */
import { activeMember } from '../blue-green/selected.ts';
import type { EphemeralMetadata } from '../identity/ephemeral-metadata.ts';
import type { Member, Situation } from '../situation.ts';
import { type InjectedTerm, injectedTerm } from './anti-affinity.ts';

export interface Injection {
  readonly metadata: EphemeralMetadata;
  readonly term: InjectedTerm | undefined;
}

/** `stable`, for blue-green what users reach; `new`, its counterpart; `none`: neither. */
type Role = 'stable' | 'new' | 'none';

const nothing: EphemeralMetadata = {};

/** `member` undefined: the current version's ReplicaSet, which is about to be made. */
export function injectionFor(situation: Situation, member: Member | undefined): Injection {
  const { canary, blueGreen, stable, hash } = situation;
  const role = roleOf(situation, member);
  const worn =
    blueGreen === undefined
      ? { stable: canary.stableMetadata, new: canary.canaryMetadata, none: undefined }
      : { stable: blueGreen.activeMetadata, new: blueGreen.previewMetadata, none: undefined };
  const isUpdate = stable !== undefined && stable.hash !== hash && isCurrent(situation, member);
  const { antiAffinity } = blueGreen ?? canary;
  return { metadata: worn[role] ?? nothing, term: isUpdate ? injectedTerm(antiAffinity, stable.hash) : undefined };
}

export function isCurrent({ current }: Situation, member: Member | undefined): boolean {
  return member === undefined || member === current;
}

function roleOf(situation: Situation, member: Member | undefined): Role {
  const { stable, hash } = situation;
  const own = member?.hash ?? hash;
  const reached = activeMember(situation)?.hash ?? stable?.hash ?? hash;
  if (own === reached) return 'stable';
  return isCurrent(situation, member) ? 'new' : 'none';
}
