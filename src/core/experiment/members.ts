/**
 * Which ReplicaSet is that of which template, under which name, and what it looks like when it is made. Its hash is the experiment's own:
 * it never equals that of a Rollout with the same pods, whose Services would send users to them.
 */
import type { Experiment, ExperimentTemplate, ExperimentTemplateStatus } from '../../api/experiment.ts';
import type { PodTemplate, ReplicaSet, Service } from '../../api/kubernetes.ts';
import { annotations, argoApiVersion, labels } from '../../api/names.ts';
import { podTemplateHash, readableTemplate } from '../rollout/identity/pod-template-hash.ts';
import { templatesEqual } from '../rollout/identity/template-equality.ts';
import type { ObservedExperiment } from './observed-experiment.ts';
import { servicePorts } from './service-ports.ts';

/** One template with what there is of it. */
export interface Member {
  readonly template: ExperimentTemplate;
  /** Of its ReplicaSet. */
  readonly name: string;
  readonly hash: string;
  /** Names that were passed over because something else has them. */
  readonly collisionCount: number | undefined;
  /** Undefined until it exists. */
  readonly replicaSet: ReplicaSet | undefined;
  /** Pods wanted while the experiment goes on. */
  readonly wanted: number;
  /** What the stored status says of it in this try; undefined before it is written. */
  readonly recorded: ExperimentTemplateStatus | undefined;
  /** The Service that it shall have; undefined where it needs none. */
  readonly service: Service | undefined;
}

const maxCollisions = 16;

export function memberOf(
  observed: ObservedExperiment,
  template: ExperimentTemplate,
  recorded: ExperimentTemplateStatus | undefined,
): Member {
  const found = identify(observed, template);
  const member = { template, ...found, wanted: template.replicas ?? 1, recorded };
  return { ...member, service: wantedService(observed.experiment, member) };
}

/** As it was recorded, where the spec is none that can be obeyed. */
export function recordedMember({ replicaSets }: ObservedExperiment, recorded: ExperimentTemplateStatus): Member {
  const { name, podTemplateHash: hash = '', collisionCount } = recorded;
  const replicaSet = replicaSets.find((one) => hash !== '' && one.metadata.labels?.[labels.podTemplateHash] === hash);
  const wanted = replicaSet?.spec.replicas ?? 0;
  const template = { name, ...(replicaSet === undefined ? {} : { template: replicaSet.spec.template }) };
  return {
    template,
    name: replicaSet?.metadata.name ?? name,
    hash,
    collisionCount,
    replicaSet,
    wanted,
    recorded,
    service: undefined,
  };
}

type Identity = Pick<Member, 'name' | 'hash' | 'collisionCount' | 'replicaSet'>;

/** Its own ReplicaSet, whatever hash it has, if the pods are the same; else the first name that is free. */
function identify({ experiment, replicaSets, names }: ObservedExperiment, template: ExperimentTemplate): Identity {
  const stem = `${experiment.metadata.name}-${template.name}`;
  for (let collisions = 0; ; collisions += 1) {
    const collisionCount = collisions === 0 ? undefined : collisions;
    const name = collisions === 0 ? stem : `${stem}-${collisions}`;
    const hash = hashOf(experiment, template, collisionCount);
    const own = replicaSets.find(({ metadata }) => metadata.name === name);
    if (own !== undefined && isOf(own, template, hash)) {
      return { name, hash: own.metadata.labels?.[labels.podTemplateHash] ?? hash, collisionCount, replicaSet: own };
    }
    if ((own === undefined && !names.replicaSets.has(name)) || collisions === maxCollisions) {
      return { name, hash, collisionCount, replicaSet: undefined };
    }
  }
}

function isOf({ metadata, spec }: ReplicaSet, { name, template = {} }: ExperimentTemplate, hash: string): boolean {
  const worn = metadata.annotations?.[annotations.experimentTemplateName];
  if (worn !== undefined && worn !== name) return false;
  return metadata.labels?.[labels.podTemplateHash] === hash || templatesEqual(template, spec.template);
}

/** template of a spec -> the same, told apart from that of any Rollout and from its neighbours */
const marked = new WeakMap<PodTemplate, PodTemplate>();

function hashOf({ metadata }: Experiment, { name, template = {} }: ExperimentTemplate, collisionCount: number | undefined): string {
  const worn = { [annotations.experimentName]: metadata.name, [annotations.experimentTemplateName]: name };
  const known = marked.get(template) ?? {
    ...template,
    metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, ...worn } },
  };
  marked.set(template, known);
  return podTemplateHash(known, collisionCount);
}

/** To be created, with all the pods that are wanted. */
export function newReplicaSet(experiment: Experiment, { template, name, hash, wanted }: Member): ReplicaSet {
  const pods = readableTemplate(template.template ?? {});
  const podLabels = { ...pods.metadata?.labels, [labels.podTemplateHash]: hash };
  const { selector, minReadySeconds } = template;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: childMetadata(experiment, { name, template: template.name, worn: podLabels }),
    spec: {
      replicas: wanted,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [labels.podTemplateHash]: hash } },
      template: { ...pods, metadata: { ...pods.metadata, labels: podLabels } },
    },
  };
}

/** Nothing where no container declares a port. */
function wantedService(experiment: Experiment, { template, name, hash }: Omit<Member, 'service'>): Service | undefined {
  const ports = template.service === undefined ? [] : servicePorts(template.template);
  if (ports.length === 0) return undefined;
  const wanted = template.service?.name ?? '';
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: childMetadata(experiment, {
      name: wanted === '' ? name : wanted,
      template: template.name,
      worn: { [labels.podTemplateHash]: hash },
    }),
    spec: { selector: { ...template.selector?.matchLabels, [labels.podTemplateHash]: hash }, ports },
  };
}

function childMetadata(
  experiment: Experiment,
  { name, template, worn }: { readonly name: string; readonly template: string; readonly worn: Readonly<Record<string, string>> },
) {
  const { namespace, labels: own } = experiment.metadata;
  const instance = own?.[labels.instanceId];
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    labels: { ...worn, ...(instance === undefined ? {} : { [labels.instanceId]: instance }) },
    annotations: { [annotations.experimentName]: experiment.metadata.name, [annotations.experimentTemplateName]: template },
    ownerReferences: [controllerReference(experiment)],
  };
}

/** What makes an object a child of the Experiment. */
export function controllerReference({ metadata }: Experiment) {
  return {
    apiVersion: argoApiVersion,
    kind: 'Experiment',
    name: metadata.name,
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}
