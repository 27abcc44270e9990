/** The object that holds a Rollout's pod template: itself, or the one that its workloadRef names. */
import type { KubeObject, Resource } from '../api/kubernetes.ts';
import * as resources from '../api/resources.ts';
import type { Rollout } from '../api/rollout.ts';
import { CommandError } from './command.ts';
import { templateHome } from './writes/undo.ts';

interface TemplateOwner {
  readonly resource: Resource<KubeObject>;
  readonly name: string;
  /** JSON pointer of the template in it. */
  readonly pointer: string;
}

const workloads: Readonly<Record<string, Resource<KubeObject>>> = {
  Rollout: resources.rollouts,
  Deployment: resources.deployments,
  ReplicaSet: resources.replicaSets,
  PodTemplate: resources.podTemplates,
};

export function templateOwner(rollout: Rollout): TemplateOwner {
  const { kind, pointer } = templateHome(rollout);
  const resource = workloads[kind];
  if (resource === undefined)
    throw new CommandError(`its workloadRef names a ${kind}; only Deployment, ReplicaSet and PodTemplate hold a template`);
  return { resource, name: rollout.spec.workloadRef?.name ?? rollout.metadata.name, pointer };
}
