/** Who answers at the moment behind the two Services of a canary, by their selectors and their endpoints. */
import { labels } from '../../api/names.ts';
import type { Member, Situation } from './situation.ts';

export interface Answering {
  /** The canary Service selects the current version and has a ready endpoint of it. */
  readonly canary: boolean;
  readonly stable: boolean;
  /** Whoever's pods they are. */
  readonly anyCanary: boolean;
}

export function answering(situation: Situation): Answering {
  const { canary, current, stable } = situation;
  return {
    canary: serves(situation, canary.canaryService, current),
    stable: serves(situation, canary.stableService, stable),
    anyCanary: anyReady(situation, canary.canaryService),
  };
}

/** The version that the canary Service selects, whose weight its weight is; undefined where it selects none of ours. */
export function bearer({ observed, canary, current, stable, older }: Situation): Member | undefined {
  const selected = observed.services.get(canary.canaryService ?? '')?.spec.selector?.[labels.podTemplateHash];
  return selected === undefined ? undefined : [current, stable, ...older].find((member) => member?.hash === selected);
}

/** Kubernetes cuts what is before the five random characters of a pod's name. */
const longestStem = 58;

/** The Service selects this ReplicaSet and has a ready endpoint of it. */
export function serves({ observed }: Situation, service: string | undefined, member: Member | undefined): boolean {
  if (service === undefined || member === undefined) return false;
  if (observed.services.get(service)?.spec.selector?.[labels.podTemplateHash] !== member.hash) return false;
  const stem = `${member.name}-`.slice(0, longestStem);
  return (observed.endpointSlices.get(service) ?? []).some((slice) =>
    (slice.endpoints ?? []).some(
      (endpoint) => endpoint.conditions?.ready !== false && (endpoint.targetRef?.name?.startsWith(stem) ?? false),
    ),
  );
}

function anyReady({ observed }: Situation, service: string | undefined): boolean {
  return (observed.endpointSlices.get(service ?? '') ?? []).some((slice) =>
    (slice.endpoints ?? []).some((endpoint) => endpoint.conditions?.ready !== false),
  );
}
