/** Deployments as Kubernetes rolls them: one ReplicaSet a template, moved up and down within surge and unavailability. */
import type { KubeObject, LabelSelector, PodTemplate, ReplicaSet, Resource } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import { podTemplateHash } from '../../core/rollout/identity/pod-template-hash.ts';
import { templatesEqual } from '../../core/rollout/identity/template-equality.ts';
import { parseKeyText } from '../../runtime/object-key.ts';
import { deployments as deploymentKind } from '../api-server/builtin-kinds.ts';
import { KeyedWork } from './keyed-work.ts';
import { type Condition, controllerOf, type Kube, ownerKey, ownerReference, withCondition } from './kube.ts';

export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly paused?: boolean;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly strategy?: {
      readonly type?: 'RollingUpdate' | 'Recreate';
      readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
    };
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export const deployments = deploymentKind as Resource<Deployment>;
const actor = 'deployment-controller';
const hashLabel = 'pod-template-hash';
const revisionAnnotation = 'deployment.kubernetes.io/revision';

export class DeploymentController {
  readonly #kube: Kube;
  readonly #work: KeyedWork;

  constructor(kube: Kube) {
    this.#kube = kube;
    const random = kube.random.split(actor);
    this.#work = new KeyedWork({ clock: kube.clock, delayMs: () => random.integer(1, 20), look: (key) => this.#look(key) });
    const { storage } = kube.server;
    storage.onChange('apps/deployments', ({ key, isGone }) => {
      if (!isGone) this.#work.enqueue(key);
    });
    storage.onChange('apps/replicasets', ({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'Deployment') this.#work.enqueue(ownerKey(object, owner));
    });
  }

  #look(key: string): undefined {
    const deployment = this.#kube.server.get(deployments, parseKeyText(key));
    if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
    const owned = this.#owned(deployment);
    const newest = owned.find(({ spec }) => templatesEqual(withoutHash(spec.template), deployment.spec.template));
    const olds = owned.filter((one) => one !== newest);
    if (deployment.spec.paused !== true) {
      if (deployment.spec.strategy?.type === 'Recreate') this.#recreate(deployment, newest, olds);
      else this.#roll(deployment, newest, olds);
      this.#cleanUp(deployment, olds);
    }
    this.#report(deployment);
  }

  #owned({ metadata: { uid, namespace } }: Deployment): readonly ReplicaSet[] {
    return [...this.#kube.server.all(resources.replicaSets, namespace)].filter((one) => controllerOf(one)?.uid === uid);
  }

  #recreate(deployment: Deployment, newest: ReplicaSet | undefined, olds: readonly ReplicaSet[]): void {
    for (const old of olds) this.#scale(old, 0);
    if (olds.some(({ status }) => (status?.replicas ?? 0) > 0)) return;
    if (newest === undefined) this.#create(deployment, deployment.spec.replicas, olds);
    else this.#scale(newest, deployment.spec.replicas);
  }

  #roll(deployment: Deployment, newest: ReplicaSet | undefined, olds: readonly ReplicaSet[]): void {
    const { replicas, strategy } = deployment.spec;
    const surge = amount(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, Math.ceil);
    const unavailable = amount(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, Math.floor);
    const mostMissing = surge === 0 && unavailable === 0 ? 1 : unavailable;
    const total = [...olds, ...(newest === undefined ? [] : [newest])].reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
    const present = newest?.spec.replicas ?? 0;
    const room = olds.every(({ spec }) => (spec.replicas ?? 1) === 0)
      ? replicas
      : Math.min(replicas, present + Math.max(0, replicas + surge - total));
    if (newest === undefined) this.#create(deployment, room, olds);
    else if (present !== room && (room > present || present > replicas)) this.#scale(newest, Math.min(room, replicas));
    const available = (one: ReplicaSet | undefined): number => one?.status?.availableReplicas ?? 0;
    // Pods that do not serve go first; of those that do, as many as the new ones make up for.
    let spare = [newest, ...olds].reduce((sum, one) => sum + available(one), 0) - (replicas - mostMissing);
    for (const old of olds) {
      const size = old.spec.replicas ?? 1;
      const broken = Math.max(0, size - available(old));
      const isSeen = old.status?.observedGeneration === old.metadata.generation;
      const goes = (isSeen ? broken : 0) + Math.max(0, Math.min(spare, available(old)));
      spare -= Math.max(0, Math.min(spare, available(old)));
      if (goes > 0) this.#scale(old, Math.max(0, size - goes));
    }
  }

  #create({ metadata, spec }: Deployment, replicas: number, olds: readonly ReplicaSet[]): void {
    const hash = podTemplateHash(spec.template);
    const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash };
    const revision = 1 + Math.max(0, ...olds.map((one) => Number(one.metadata.annotations?.[revisionAnnotation] ?? 0)));
    const replicaSet: ReplicaSet = {
      metadata: {
        name: `${metadata.name}-${hash}`,
        namespace: metadata.namespace,
        labels,
        annotations: { [revisionAnnotation]: String(revision) },
        ownerReferences: [ownerReference(deployments, { metadata })],
      },
      spec: {
        replicas,
        ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
        selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
    };
    this.#kube.server.create(resources.replicaSets, replicaSet, actor);
  }

  #scale(replicaSet: ReplicaSet, replicas: number): void {
    if (replicaSet.spec.replicas === replicas) return;
    this.#kube.server.patch(resources.replicaSets, replicaSet.metadata, { type: 'merge', body: { spec: { replicas } } }, {}, actor);
  }

  #cleanUp({ spec: { revisionHistoryLimit = 10 } }: Deployment, olds: readonly ReplicaSet[]): void {
    const empty = olds.filter(({ spec, status }) => spec.replicas === 0 && (status?.replicas ?? 0) === 0);
    const revision = ({ metadata }: ReplicaSet): number => Number(metadata.annotations?.[revisionAnnotation] ?? 0);
    const oldestFirst = [...empty].sort((a, b) => revision(a) - revision(b));
    for (const old of oldestFirst.slice(0, Math.max(0, empty.length - revisionHistoryLimit)))
      this.#kube.server.delete(resources.replicaSets, old.metadata, { propagation: 'Background' }, actor);
  }

  #report({ metadata }: Deployment): void {
    const deployment = this.#kube.server.get(deployments, metadata);
    if (deployment === undefined) return;
    const owned = this.#owned(deployment);
    const newest = owned.find(({ spec }) => templatesEqual(withoutHash(spec.template), deployment.spec.template));
    const sum = (pick: (status: NonNullable<ReplicaSet['status']>) => number | undefined): number =>
      owned.reduce((total, { status }) => total + (pick(status ?? {}) ?? 0), 0);
    const available = sum((status) => status.availableReplicas);
    const replicas = sum((status) => status.replicas);
    const isAvailable = available >= deployment.spec.replicas;
    const isComplete = newest?.status?.availableReplicas === deployment.spec.replicas && replicas === deployment.spec.replicas;
    const now = this.#kube.clock.now();
    const reason = isComplete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated';
    const conditions = withCondition(
      withCondition(
        deployment.status?.conditions,
        {
          type: 'Available',
          status: isAvailable ? 'True' : 'False',
          reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        },
        now,
      ),
      { type: 'Progressing', status: 'True', reason },
      now,
    );
    const status = {
      observedGeneration: deployment.metadata.generation,
      replicas,
      updatedReplicas: newest?.status?.replicas ?? 0,
      readyReplicas: sum((one) => one.readyReplicas),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, deployment.spec.replicas - available),
      conditions,
    };
    this.#kube.server.write(deployments, { ...deployment, status }, actor);
  }
}

const bare = new WeakMap<PodTemplate, PodTemplate>();

function withoutHash(template: PodTemplate): PodTemplate {
  const known = bare.get(template);
  if (known !== undefined) return known;
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  const made = { ...template, metadata: { ...template.metadata, labels } };
  bare.set(template, made);
  return made;
}

function amount(value: number | string, total: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseFloat(value) / 100) * total);
}
