/** The end of a swarm run: nothing fails any more and nobody holds anything back, so everything must come to rest, well. */
import type { Service } from '../../../src/api/kubernetes.ts';
import { labels } from '../../../src/api/names.ts';
import { httpRoutes, replicaSets, rollouts, services } from '../../../src/api/resources.ts';
import type { Simulation } from '../../../src/simulation/simulation.ts';
import type { VirtualRoute } from '../../../src/simulation/traffic/virtual-gateway.ts';
import { isActive, isReady } from '../../../src/simulation/workloads/kube.ts';
import { namespace, servicesOf, templateOf } from './manifests.ts';
import { goodTag, type Plan, type PlannedRollout } from './plan.ts';

const withinMs = 3 * 3_600_000;
/** Longer than what promotion may wait for by itself. */
const insistEveryMs = 120_000;
const restMs = 20 * 60_000;

export async function expectItEnds(simulation: Simulation, plan: Plan, note: (line: string) => void): Promise<void> {
  const replicas = 3;
  for (const { name } of plan.rollouts) {
    simulation.patch(rollouts, name, {
      spec: { template: templateOf(name, goodTag), paused: false, replicas, progressDeadlineSeconds: 600 },
    });
    simulation.patch(rollouts, name, { status: { abort: false } }, { subresource: 'status' });
  }
  insist(simulation, plan, replicas);
  note('--- nobody holds anything back');
  const unwell = (): readonly string[] => plan.rollouts.flatMap((planned) => complaints(simulation, planned, replicas));
  if (!(await simulation.clock.runUntil(() => unwell().length === 0, withinMs)))
    throw new Error(`no good end:\n${unwell().join('\n')}`);
  await simulation.clock.run(15 * 60_000);
  const written: string[] = [];
  simulation.cluster.server.storage.onAnyChange(({ actor, kind, key }) => {
    const isUpkeep = kind.endsWith('/leases') || kind.endsWith('/events');
    if (actor.startsWith('rampart-') && !isUpkeep) written.push(`${kind} ${key}`);
  });
  await simulation.clock.run(restMs);
  if (written.length > 0) throw new Error(`${written.length} writes to a settled world: ${written.slice(0, 5).join(', ')}`);
  const late = unwell();
  if (late.length > 0) throw new Error(`it did not stay well:\n${late.join('\n')}`);
}

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
  const pods = [...simulation.cluster.podIndex.in(namespace)].filter((pod) => pod.metadata.labels?.app === name && isActive(pod));
  expect(pods.length === replicas && pods.every(isReady), `${pods.length} pods, ${pods.filter(isReady).length} ready`);
  if (strategy.kind === 'routed') {
    const route = simulation.get(httpRoutes, name) as VirtualRoute | undefined;
    const weights = route?.spec?.rules?.map(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight).join('/'));
    expect(weights?.join(' ') === '100/0', `weights ${weights?.join(' ')}`);
  }
  if (strategy.kind !== 'basic' || strategy.services) {
    const selected = (service: Service | undefined) => service?.spec.selector?.[labels.podTemplateHash];
    const stable = selected(simulation.get(services, servicesOf(planned).stable));
    expect(stable === status?.stableRS, `the stable Service selects ${stable}`);
  }
  return found;
}
