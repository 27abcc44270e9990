/** Which versions the active and the preview Service select, by their hashes. */
import { labels } from '../../../api/names.ts';
import type { BlueGreenStrategy, RolloutStatus } from '../../../api/rollout.ts';
import type { ObservedRollout } from '../observed-rollout.ts';
import type { Member, Situation } from '../situation.ts';

export interface Selected {
  /** Empty where it selects no version in particular. */
  readonly active: string;
  /** Undefined without a preview Service. */
  readonly preview: string | undefined;
}

/** A Service that cannot be looked at, because the spec lost its name or it is gone, is taken to be as the status has it. */
export function selectedBy({ services }: ObservedRollout, blueGreen: BlueGreenStrategy, status: RolloutStatus): Selected {
  const read = (name: string | undefined, known: string | undefined): string | undefined => {
    const service = name === undefined ? undefined : services.get(name);
    return service === undefined ? known : (service.spec.selector?.[labels.podTemplateHash] ?? '');
  };
  const { previewService } = blueGreen;
  const preview = (previewService ?? '') === '' ? undefined : read(previewService, status.blueGreen?.previewSelector);
  return { active: read(blueGreen.activeService, status.blueGreen?.activeSelector) ?? '', preview };
}

/** The version that users reach; undefined where the active Service selects none of ours. */
export function activeMember({ selected, current, stable, older }: Situation): Member | undefined {
  const hash = selected?.active;
  return hash === undefined || hash === '' ? undefined : [current, stable, ...older].find((member) => member?.hash === hash);
}

/** All pods that are wanted are asked for and available, and none of them is about to go. */
export function isSaturated({ replicas }: Situation, member: Member | undefined): boolean {
  return member !== undefined && member.size === replicas && member.available >= replicas && !member.unsettled;
}
