/** What becomes of each template: pods come until a deadline, are there, or could not be made; what is final stays so. */
import type { ExperimentTemplateStatus } from '../../api/experiment.ts';
import { labels } from '../../api/names.ts';
import type { Member } from './members.ts';
import type { Situation } from './situation.ts';

const defaultDeadlineSeconds = 600;

export interface Verdict {
  readonly status: 'Progressing' | 'Running' | 'Successful' | 'Failed' | 'Error';
  readonly message: string;
}

/** `over`: the pods have served their purpose. */
export function templateStatus(situation: Situation, member: Member, over: boolean): ExperimentTemplateStatus {
  const { recorded, replicaSet, collisionCount, hash, template, service } = member;
  const { status, message } = verdict(situation, member, over);
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0, fullyLabeledReplicas } = replicaSet?.status ?? {};
  const serviceName = service?.metadata.name ?? recorded?.serviceName;
  return {
    name: template.name,
    replicas,
    updatedReplicas: fullyLabeledReplicas ?? replicas,
    readyReplicas,
    availableReplicas,
    ...(collisionCount === undefined ? {} : { collisionCount }),
    status,
    ...(message === '' ? {} : { message }),
    lastTransitionTime: recorded?.status === status ? (recorded.lastTransitionTime ?? situation.now) : situation.now,
    ...(serviceName === undefined ? {} : { serviceName }),
    podTemplateHash: replicaSet?.metadata.labels?.[labels.podTemplateHash] ?? hash,
  };
}

function verdict(situation: Situation, member: Member, over: boolean): Verdict {
  const { recorded, replicaSet, wanted } = member;
  if (isFinal(recorded)) return { status: recorded.status, message: recorded.message ?? '' };
  const refused = refusal(situation, member);
  if (refused !== undefined) return { status: 'Error', message: refused };
  if (over) return { status: 'Successful', message: '' };
  const available = Math.min(replicaSet?.status?.availableReplicas ?? 0, replicaSet?.spec.replicas ?? 0);
  if (replicaSet !== undefined && available >= wanted) return { status: 'Running', message: '' };
  const deadline = deadlineMs(situation, member);
  if (deadline !== undefined && deadline <= situation.nowMs) {
    const seconds = situation.spec.progressDeadlineSeconds ?? defaultDeadlineSeconds;
    return { status: 'Failed', message: `${available} of ${wanted} pods were available after ${seconds} s` };
  }
  return { status: 'Progressing', message: '' };
}

/** The API server would not have its ReplicaSet or its Service. */
function refusal({ observed }: Situation, { template, name }: Member): string | undefined {
  for (const { effect, message } of observed.failures) {
    if (effect.kind === 'create-replica-set' && effect.template === template.name)
      return `ReplicaSet ${name} was refused: ${message}`;
    if (effect.kind === 'patch-replica-set' && effect.name === name) return `ReplicaSet ${name} could not be changed: ${message}`;
    if (effect.kind !== 'create-service' || effect.template !== template.name) continue;
    return `Service ${effect.service.metadata.name} was refused: ${message}`;
  }
  return undefined;
}

/** By when its pods have to be there, in milliseconds since the epoch; undefined while they are, or nothing is expected of them. */
export function deadlineMs({ spec }: Situation, { recorded }: Member): number | undefined {
  if (recorded?.status !== 'Progressing') return undefined;
  const since = Date.parse(recorded.lastTransitionTime ?? '');
  return Number.isNaN(since) ? undefined : since + (spec.progressDeadlineSeconds ?? defaultDeadlineSeconds) * 1000;
}

type Final = ExperimentTemplateStatus & { readonly status: 'Successful' | 'Failed' | 'Error' };

export function isFinal(recorded: ExperimentTemplateStatus | undefined): recorded is Final {
  return recorded?.status === 'Successful' || recorded?.status === 'Failed' || recorded?.status === 'Error';
}
