/** What people and the parts of a cluster do to the world of a swarm run, as its history has it; what happens to Rampart itself is elsewhere. */
import type { KubeObject, Service } from '../../../src/api/kubernetes.ts';
import { labels } from '../../../src/api/names.ts';
import * as resources from '../../../src/api/resources.ts';
import { leases } from '../../../src/runtime/lease.ts';
import type { Simulation } from '../../../src/simulation/simulation.ts';
import { type Pod, podResource } from '../../../src/simulation/workloads/kube.ts';
import { analysisTemplates, experimentOf, namespace, roadOf, rolloutOf, servicesOf, templateOf } from './manifests.ts';
import type { Action, Plan, PlannedRollout } from './plan.ts';

/** What happens to Rampart itself, and to what lies between it and the API server, is the run's. */
type Happening = Exclude<Action, { readonly do: 'gateway' | 'away' | 'watches' | 'kill' | 'stop' | 'jobs' | 'load' }>;

export function act(simulation: Simulation, plan: Plan, action: Happening): void {
  const { server } = simulation.cluster;
  switch (action.do) {
    case 'image':
      setImage(simulation, plan, action.rollout, action.tag);
      return;
    case 'scale':
      edit(simulation, action.rollout, { spec: { replicas: action.replicas } });
      return;
    case 'pause':
    case 'unpause':
      edit(simulation, action.rollout, { spec: { paused: action.do === 'pause' } });
      return;
    case 'abort':
    case 'retry':
      command(simulation, action.rollout, { abort: action.do === 'abort' });
      return;
    case 'full':
      promoteFull(simulation, action.rollout);
      return;
    case 'promote':
      promote(simulation, action.rollout);
      return;
    case 'recreate':
      recreate(simulation, plan, action.rollout);
      return;
    case 'edit-route':
    case 'delete-route':
      overwriteRoad(simulation, plan, action);
      return;
    case 'lose-pod':
    case 'crash-pod':
    case 'unready-pod':
    case 'evict-pod':
      hurtPod(simulation, action.do, action.nth);
      return;
    case 'prometheus':
      simulation.prometheus.health = action.health === 'slow' ? { answersAfterMs: 20_000 } : action.health;
      return;
    case 'compact':
      server.storage.compact();
      return;
    case 'jump':
      simulation.clock.jump(action.ms);
      return;
    case 'restart':
      edit(simulation, action.rollout, { spec: { restartAt: timeText(simulation.clock.now() + action.inMs) } });
      return;
    case 'template':
      if (action.there) simulation.apply(...analysisTemplates);
      else for (const { metadata } of analysisTemplates) simulation.delete(resources.analysisTemplates, metadata.name);
      return;
    case 'steps':
      keepSteps(simulation, action.rollout, action.keep);
      return;
    case 'scale-set':
    case 'delete-set':
      handleSet(simulation, action);
      return;
    case 'stray-pod':
      strayPod(simulation, action.rollout, action.nth);
      return;
    case 'unlabel-pod':
      unlabelPod(simulation, action.rollout, action.nth);
      return;
    case 'free-services':
      freeServices(simulation, action.rollout);
      return;
    case 'experiment':
    case 'terminate':
    case 'retry-experiment':
      handleExperiment(simulation, plan, action);
      return;
    case 'lease':
      takeLease(simulation, action.how);
      return;
    default:
      action satisfies never;
  }
}

/** Where its template is: with a reference another object has it. */
export function setImage(simulation: Simulation, plan: Plan, name: string, tag: string): void {
  const planned = plan.rollouts.find((one) => one.name === name);
  const body = { spec: { template: templateOf(planned ?? { name }, tag) } };
  if (planned?.scaleDown === undefined) edit(simulation, name, body);
  else simulation.patch(resources.deployments, name, body);
}

function edit(simulation: Simulation, name: string, body: object): void {
  if (simulation.get(resources.rollouts, name) !== undefined) simulation.patch(resources.rollouts, name, body);
}

function command(simulation: Simulation, name: string, status: object): void {
  if (simulation.get(resources.rollouts, name) !== undefined)
    simulation.patch(resources.rollouts, name, { status }, { subresource: 'status' });
}

function promoteFull(simulation: Simulation, name: string): void {
  const { currentPodHash, stableRS } = simulation.get(resources.rollouts, name)?.status ?? {};
  if (currentPodHash !== stableRS) command(simulation, name, { promoteFull: true });
}

function promote(simulation: Simulation, name: string): void {
  const status = simulation.get(resources.rollouts, name)?.status;
  const isPaused = (status?.pauseConditions ?? []).length > 0;
  const next = isPaused ? {} : { currentStepIndex: (status?.currentStepIndex ?? 0) + 1 };
  command(simulation, name, { pauseConditions: null, ...next });
}

function recreate(simulation: Simulation, plan: Plan, name: string): void {
  const planned = plan.rollouts.find((one) => one.name === name);
  if (planned === undefined) return;
  simulation.delete(resources.rollouts, name);
  simulation.apply(rolloutOf(planned, 'v1'));
}

/** Somebody overwrites the weights, or makes the object that carries them anew; of Ingresses it is the canary's. */
function overwriteRoad(simulation: Simulation, plan: Plan, action: { readonly do: string; readonly rollout: string }): void {
  const planned = plan.rollouts.find((one) => one.name === action.rollout);
  const [road] = planned === undefined ? [] : roadOf(planned);
  if (planned === undefined || road === undefined) return;
  if (action.do === 'edit-route') simulation.apply(road);
  else if (road.kind === 'Ingress') simulation.delete(resources.ingresses, canaryIngressOf(planned));
  else {
    simulation.delete(resources.httpRoutes, planned.name);
    simulation.apply(road);
  }
}

export function canaryIngressOf({ name }: Pick<PlannedRollout, 'name'>): string {
  return `${name}-${name}-canary`;
}

function hurtPod(simulation: Simulation, how: 'lose-pod' | 'crash-pod' | 'unready-pod' | 'evict-pod', nth: number): void {
  const { cluster } = simulation;
  const pods = [...cluster.podIndex.in(namespace)];
  const pod = pods[nth % Math.max(1, pods.length)];
  if (pod === undefined) return;
  const key = `${namespace}/${pod.metadata.name}`;
  if (how === 'lose-pod') cluster.kubelet.lose(key);
  else if (how === 'crash-pod') cluster.kubelet.crash(key);
  else if (how === 'unready-pod') cluster.kubelet.setReady(key, false);
  else void cluster.client('user').evict({ namespace, name: pod.metadata.name });
}

function keepSteps(simulation: Simulation, name: string, keep: number): void {
  const steps = simulation.get(resources.rollouts, name)?.spec.strategy?.canary?.steps;
  if (steps !== undefined) edit(simulation, name, { spec: { strategy: { canary: { steps: steps.slice(0, keep) } } } });
}

function handleSet(
  simulation: Simulation,
  { do: how, rollout, nth }: { readonly do: string; readonly rollout: string; readonly nth: number },
): void {
  const own = simulation
    .all(resources.replicaSets)
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ kind, name }) => kind === 'Rollout' && name === rollout));
  const set = own[nth % Math.max(1, own.length)];
  if (set === undefined) return;
  if (how === 'delete-set') simulation.delete(resources.replicaSets, set.metadata.name);
  else simulation.patch(resources.replicaSets, set.metadata.name, { spec: { replicas: nth } });
}

function podsOf(simulation: Simulation, rollout: string): readonly Pod[] {
  return [...simulation.cluster.podIndex.in(namespace)].filter(({ metadata }) => metadata.labels?.app === rollout);
}

/** A pod that nobody controls with the labels of one that is there: whoever selects it takes it. */
function strayPod(simulation: Simulation, rollout: string, nth: number): void {
  const pods = podsOf(simulation, rollout);
  const like = pods[nth % Math.max(1, pods.length)];
  if (like === undefined) return;
  const { nodeName: _, ...spec } = like.spec;
  const metadata = { name: '', generateName: 'stray-', namespace, labels: like.metadata.labels ?? {} };
  simulation.cluster.server.create(podResource, { metadata, spec } as Pod, 'user');
}

/** As people put a pod aside to look into it. */
function unlabelPod(simulation: Simulation, rollout: string, nth: number): void {
  const pods = podsOf(simulation, rollout);
  const pod = pods[nth % Math.max(1, pods.length)];
  if (pod === undefined) return;
  simulation.patch(podResource, pod.metadata.name, { metadata: { labels: { [labels.podTemplateHash]: null, app: 'aside' } } });
}

function freeServices(simulation: Simulation, rollout: string): void {
  const { stable, canary } = servicesOf({ name: rollout });
  for (const name of [stable, canary]) {
    const service: Service | undefined = simulation.get(resources.services, name);
    if (service !== undefined)
      simulation.patch(resources.services, name, { spec: { selector: { [labels.podTemplateHash]: null } } });
  }
}

function handleExperiment(
  simulation: Simulation,
  plan: Plan,
  { do: what, name }: { readonly do: 'experiment' | 'terminate' | 'retry-experiment'; readonly name: string },
): void {
  const planned = plan.experiments.find((one) => one.name === name);
  const isThere = simulation.get(resources.experiments, name) !== undefined;
  if (planned === undefined || (what !== 'experiment' && !isThere)) return;
  if (what === 'experiment') {
    if (isThere) simulation.delete(resources.experiments, name);
    else simulation.apply(experimentOf(planned));
  } else if (what === 'terminate') simulation.patch(resources.experiments, name, { spec: { terminate: true } });
  else simulation.patch(resources.experiments, name, { status: null });
}

/** Whoever leads finds that it does not any more. */
function takeLease(simulation: Simulation, how: 'delete' | 'steal'): void {
  for (const { metadata } of simulation.cluster.server.list(leases, {}).items as readonly KubeObject[]) {
    const { name, namespace: of = '' } = metadata;
    if (how === 'delete') simulation.delete(leases, name, of);
    else {
      const renewTime = new Date(simulation.clock.now()).toISOString().replace('Z', '000Z');
      simulation.patch(leases, name, { spec: { holderIdentity: 'stranger', renewTime } }, { namespace: of });
    }
  }
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
