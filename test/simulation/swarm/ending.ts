/** The end of a swarm run: nothing fails any more and nobody holds anything back, so everything must come to rest, well. */
import type { KubeObject, ReplicaSet } from '../../../src/api/kubernetes.ts';
import { labels } from '../../../src/api/names.ts';
import { deployments, experiments, replicaSets, rollouts, services } from '../../../src/api/resources.ts';
import type { Rollout } from '../../../src/api/rollout.ts';
import { events } from '../../../src/runtime/event.ts';
import type { Simulation } from '../../../src/simulation/simulation.ts';
import { autoscalers } from '../../../src/simulation/workloads/horizontal-autoscaler.ts';
import { controllerOf, isActive, isReady, type Pod } from '../../../src/simulation/workloads/kube.ts';
import { setImage } from './happenings.ts';
import { namespace } from './manifests.ts';
import { goodTag, type Plan, type PlannedRollout } from './plan.ts';
import { maxWeightOf, weightsNow } from './road.ts';

const withinMs = 3 * 3_600_000;
/** Longer than what promotion may wait for by itself. */
const insistEveryMs = 120_000;
/** It cannot be told of pods that were made after the clock was set back. */
const tooOld = 'a pod is older than the restart';
const restMs = 6 * 60_000;

export async function expectItEnds(simulation: Simulation, plan: Plan, note: (line: string) => void): Promise<void> {
  const replicas = 3;
  for (const { name, autoscaled } of plan.rollouts) {
    if (autoscaled) simulation.delete(autoscalers, name);
    setImage(simulation, plan, name, goodTag);
    simulation.patch(rollouts, name, { spec: { paused: false, replicas, progressDeadlineSeconds: 600 } });
    simulation.patch(rollouts, name, { status: { abort: false } }, { subresource: 'status' });
  }
  insist(simulation, plan, replicas);
  note('--- nobody holds anything back');
  const isBack = plan.history.some(({ action }) => action.do === 'jump' && action.ms < 0);
  const unwell = (): readonly string[] =>
    plan.rollouts
      .flatMap((planned) => complaints(simulation, planned, replicas))
      .filter((one) => !(isBack && one.endsWith(tooOld)))
      .concat(unended(simulation));
  if (!(await simulation.clock.runUntil(() => unwell().length === 0, withinMs)))
    throw new Error(`no good end:\n${unwell().join('\n')}`);
  await simulation.clock.run(5 * 60_000);
  const written: string[] = [];
  simulation.cluster.server.storage.onAnyChange(({ actor, kind, key }) => {
    const isUpkeep = kind.endsWith('/leases') || kind.endsWith('/events');
    if (actor.startsWith('rampart-') && !isUpkeep) written.push(`${kind} ${key}`);
  });
  await simulation.clock.run(restMs);
  if (written.length > 0) throw new Error(`${written.length} writes to a settled world: ${written.slice(0, 5).join(', ')}`);
  const late = unwell();
  if (late.length > 0) throw new Error(`it did not stay well:\n${late.join('\n')}`);
  // Without its ReplicaSets a Rollout counts its revisions anew.
  const isForgetful = plan.history.some(({ action }) => action.do === 'delete-set');
  const twice = isForgetful ? [] : toldTwice(simulation);
  if (twice.length > 0) throw new Error(`told more than once:\n${twice.join('\n')}`);
}

/** Experiments that have yet to end by themselves: pods that never come are waited for until a deadline. */
function unended(simulation: Simulation): readonly string[] {
  return simulation
    .all(experiments)
    .filter(
      ({ spec, status }) =>
        (status?.phase ?? 'Pending') === 'Pending' || (status?.phase === 'Running' && spec.duration !== undefined),
    )
    .map(({ metadata, status }) => `Experiment ${metadata.name} is ${status?.phase ?? 'not begun'}`);
}

/** What happens to a revision once, and is told with its number: whoever tells it, after whatever crash, tells it under the same name. */
function toldTwice(simulation: Simulation): readonly string[] {
  const counts = new Map<string, number>();
  for (const { involvedObject, reason, message, count = 1 } of simulation.all(events)) {
    if (involvedObject.kind !== 'Rollout' || !onceARevision.has(reason)) continue;
    const line = `${involvedObject.uid} ${reason}: ${message}`;
    counts.set(line, (counts.get(line) ?? 0) + count);
  }
  return [...counts].filter(([, count]) => count > 1).map(([line, count]) => `${count} x ${line}`);
}

const onceARevision = new Set(['RolloutAddedToInformer', 'RolloutUpdated', 'RolloutCompleted']);

/** What an operator would do about a Rollout that stands still: try again what was aborted, promote the rest. */
function insist(simulation: Simulation, plan: Plan, replicas: number): void {
  const again = (): void => {
    simulation.clock.setTimer(insistEveryMs, () => {
      for (const planned of plan.rollouts) {
        if (complaints(simulation, planned, replicas).length === 0) continue;
        const { abort, currentPodHash, stableRS } = simulation.get(rollouts, planned.name)?.status ?? {};
        const status = abort === true ? { abort: false } : currentPodHash === stableRS ? undefined : { promoteFull: true };
        if (status !== undefined) simulation.patch(rollouts, planned.name, { status }, { subresource: 'status' });
      }
      again();
    });
  };
  again();
}

function complaints(simulation: Simulation, planned: PlannedRollout, replicas: number): readonly string[] {
  const { name, strategy } = planned;
  const rollout = simulation.get(rollouts, name);
  const status = rollout?.status;
  const found: string[] = [];
  const expect = (isSo: boolean, sentence: string): void => {
    if (!isSo) found.push(`${name} (${strategy.kind}): ${sentence}`);
  };
  expect(status?.phase === 'Healthy' && (status.message ?? '') === '', `${status?.phase}: ${status?.message}`);
  expect(
    status?.observedGeneration === String(rollout?.metadata.generation),
    `observed generation ${status?.observedGeneration} of ${rollout?.metadata.generation}`,
  );
  expect(
    status?.stableRS !== undefined && status.stableRS === status.currentPodHash,
    `stable ${status?.stableRS}, current ${status?.currentPodHash}`,
  );
  if (found.length > 0) return found;
  const own = simulation
    .all(replicaSets)
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === rollout?.metadata.uid));
  const newest = own.find(({ metadata }) => metadata.labels?.[labels.podTemplateHash] === status?.stableRS);
  expect(newest?.status?.availableReplicas === replicas, `${newest?.status?.availableReplicas} available pods of ${replicas}`);
  const left = own.filter((one) => one !== newest && (one.spec.replicas ?? 1) > 0);
  expect(
    left.length === 0,
    `old pods are left: ${left.map(({ metadata, spec }) => `${metadata.name} ${spec.replicas}`).join(', ')}`,
  );
  const pods = [...simulation.cluster.podIndex.in(namespace)].filter((pod) => isActive(pod) && isOf(pod, own));
  expect(pods.length === replicas && pods.every(isReady), `${pods.length} pods, ${pods.filter(isReady).length} ready`);
  found.push(...rest(simulation, planned, rollout, pods).map((sentence) => `${name} (${strategy.kind}): ${sentence}`));
  return found;
}

function isOf(pod: Pod, owners: readonly ReplicaSet[]): boolean {
  const owner = controllerOf(pod)?.uid;
  return owners.some(({ metadata }) => metadata.uid === owner);
}

/** What stands around a Rollout whose own pods are as they should be. */
function rest(
  simulation: Simulation,
  planned: PlannedRollout,
  rollout: Rollout | undefined,
  pods: readonly Pod[],
): readonly string[] {
  const { name, strategy } = planned;
  const status = rollout?.status;
  const found: string[] = [];
  const sides = weightsNow(simulation, planned);
  if (sides !== undefined && (sides.canary !== 0 || sides.stable !== maxWeightOf(planned)))
    found.push(`weights ${sides.stable}/${sides.canary}`);
  if (strategy.kind !== 'basic' || strategy.services) {
    const service = sides?.stableService ?? `${name}-stable`;
    const stable = simulation.get(services, service)?.spec.selector?.[labels.podTemplateHash];
    if (stable !== status?.stableRS) found.push(`the stable Service selects ${stable}`);
  }
  if (planned.roles && !pods.every(({ metadata }) => metadata.labels?.role === 'stable'))
    found.push(`pods wear ${pods.map(({ metadata }) => metadata.labels?.role).join(', ')}`);
  const restartAt = rollout?.spec.restartAt;
  if (restartAt !== undefined && status?.restartedAt !== restartAt) found.push(`restarted at ${status?.restartedAt}`);
  if (restartAt !== undefined && pods.some(({ metadata }) => (metadata.creationTimestamp ?? '') < restartAt)) found.push(tooOld);
  if (planned.scaleDown !== undefined && planned.scaleDown !== 'never') {
    const size = simulation.get(deployments, name)?.spec?.replicas;
    if (size !== 0) found.push(`the Deployment asks for ${size} pods`);
  }
  const ownerOf = (object: KubeObject): string | undefined => object.metadata.ownerReferences?.[0]?.uid;
  const trials = simulation.all(experiments).filter((one) => ownerOf(one) === rollout?.metadata.uid);
  const left = simulation
    .all(replicaSets)
    .filter((one) => one.spec.replicas !== 0 && trials.some(({ metadata }) => metadata.uid === ownerOf(one)));
  if (left.length > 0) found.push(`pods of experiments are left: ${left.map(({ metadata }) => metadata.name).join(', ')}`);
  return found;
}
