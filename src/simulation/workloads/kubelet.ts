/** The nodes of the virtual cluster: they take pods, start them, let them get ready, crash, and end, each as its plan says. */
import type { Clock, Timer } from '../../runtime/clock.ts';
import { keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import type { JsonMap } from '../api-server/json.ts';
import type { Random } from '../random.ts';
import { isFinished, type Kube, type Pod, type PodStatus, podResource, timeText, withCondition } from './kube.ts';
import type { PlanPod, PodPlan } from './pod-plan.ts';

interface Life {
  readonly uid: string;
  readonly plan: PodPlan;
  restarts: number;
  isEnding: boolean;
  /** Of what is due next; all are forgotten with the pod. */
  timers: Timer[];
}

const actor = 'kubelet';
const firstBackoffMs = 10_000;
const longestBackoffMs = 300_000;
const nodes = ['node-1', 'node-2', 'node-3'];

export class Kubelet {
  readonly #kube: Kube;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: PlanPod;
  /** key -> how its pod lives */
  readonly #lives = new Map<string, Life>();
  #addresses = 0;

  constructor(kube: Kube, plan: PlanPod) {
    this.#kube = kube;
    this.#clock = kube.clock;
    this.#random = kube.random.split('kubelet');
    this.#plan = plan;
    kube.server.storage.onChange('/pods', ({ key, object, old, isGone }) => {
      if (isGone) this.#forget(key);
      else if (old === undefined) this.#begin(key, object as Pod);
      else if (object.metadata.deletionTimestamp !== undefined) this.#end(key, object as Pod);
    });
  }

  /** A pod loses or regains its readiness while it runs. False where there is no such pod that runs. */
  setReady(key: string, isReady: boolean): boolean {
    const pod = this.#pod(key);
    if (pod?.status?.phase !== 'Running') return false;
    this.#ready(pod, isReady);
    return true;
  }

  /** The container of a pod that runs ends with an error. */
  crash(key: string): boolean {
    const [life, pod] = [this.#lives.get(key), this.#pod(key)];
    if (life === undefined || pod?.status?.phase !== 'Running') return false;
    this.#crashed(key, life);
    return true;
  }

  /** The pod is gone at once, as when its node is. */
  lose(key: string): boolean {
    const pod = this.#pod(key);
    if (pod === undefined) return false;
    this.#kube.server.storage.remove('/pods', key, actor);
    return true;
  }

  #begin(key: string, pod: Pod): void {
    const plan = this.#plan(pod, this.#random.split(`${key}/${pod.metadata.uid}`));
    const life: Life = { uid: pod.metadata.uid ?? '', plan, restarts: 0, isEnding: false, timers: [] };
    this.#lives.set(key, life);
    this.#later(key, life, plan.scheduledMs, (now) => {
      const nodeName = nodes[this.#lives.size % nodes.length] ?? '';
      const conditions = withCondition(now.status?.conditions, { type: 'PodScheduled', status: 'True' }, this.#clock.now());
      this.#kube.server.write(
        podResource,
        { ...now, spec: { ...now.spec, nodeName }, status: { phase: 'Pending', conditions } },
        actor,
      );
      if (Number.isFinite(plan.startMs)) this.#later(key, life, plan.startMs, () => this.#started(key, life));
      else this.#status(key, (status) => ({ ...status, containerStatuses: waiting(now, 'ImagePullBackOff', 0) }));
    });
  }

  #started(key: string, life: Life): void {
    const { plan } = life;
    const now = this.#clock.now();
    this.#status(key, (status, pod) => ({
      ...status,
      phase: 'Running',
      startTime: status.startTime ?? timeText(now),
      podIP: status.podIP ?? this.#address(),
      containerStatuses: running(pod, life.restarts, timeText(now)),
      conditions: readiness(status, false, now),
    }));
    if (Number.isFinite(plan.readyMs)) this.#later(key, life, plan.readyMs, (pod) => this.#ready(pod, true));
    if (plan.crashesAfterMs !== undefined) this.#later(key, life, plan.crashesAfterMs, () => this.#crashed(key, life));
    if (plan.exits !== undefined) {
      const { afterMs, code } = plan.exits;
      this.#later(key, life, afterMs, () => this.#exited(key, life, code));
    }
  }

  #ready(pod: Pod, isReady: boolean): void {
    const now = this.#clock.now();
    this.#status(keyTextOf(pod), (status) => ({
      ...status,
      containerStatuses: (status.containerStatuses ?? []).map((one) => ({ ...one, ready: isReady })),
      conditions: readiness(status, isReady, now),
    }));
  }

  #crashed(key: string, life: Life): void {
    for (const timer of life.timers.splice(0)) timer.cancel();
    life.restarts += 1;
    const backoffMs = Math.min(longestBackoffMs, firstBackoffMs * 2 ** (life.restarts - 1));
    const now = this.#clock.now();
    this.#status(key, (status, pod) => ({
      ...status,
      containerStatuses: waiting(pod, 'CrashLoopBackOff', life.restarts),
      conditions: readiness(status, false, now),
    }));
    this.#later(key, life, backoffMs, () => this.#started(key, life));
  }

  #exited(key: string, life: Life, code: number): void {
    const pod = this.#pod(key);
    const isOver = code === 0 ? pod?.spec.restartPolicy !== 'Always' : pod?.spec.restartPolicy === 'Never';
    if (!isOver) {
      this.#crashed(key, life);
      return;
    }
    const now = this.#clock.now();
    this.#status(key, (status) => ({
      ...status,
      phase: code === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: (status.containerStatuses ?? []).map((one) => ({
        ...one,
        ready: false,
        state: { terminated: { exitCode: code, reason: code === 0 ? 'Completed' : 'Error', finishedAt: timeText(now) } },
      })),
      conditions: readiness(status, false, now),
    }));
  }

  #end(key: string, pod: Pod): void {
    const life = this.#lives.get(key);
    if (life === undefined || life.isEnding) return;
    life.isEnding = true;
    const grace = pod.spec.terminationGracePeriodSeconds;
    const endsMs = Math.min(life.plan.endsMs, (typeof grace === 'number' ? grace : 30) * 1000);
    this.#later(key, life, isFinished(pod) ? 0 : endsMs, () => {
      this.#kube.server.finishDeletion(podResource, parseKeyText(key), actor);
    });
  }

  #later(key: string, life: Life, afterMs: number, then: (pod: Pod) => void): void {
    const timer = this.#clock.setTimer(afterMs, () => {
      const pod = this.#pod(key);
      if (this.#lives.get(key) === life && pod !== undefined) then(pod);
    });
    life.timers.push(timer);
  }

  #status(key: string, change: (status: PodStatus, pod: Pod) => PodStatus): void {
    const pod = this.#pod(key);
    if (pod === undefined || isFinished(pod)) return;
    this.#kube.server.write(podResource, { ...pod, status: change(pod.status ?? {}, pod) }, actor);
  }

  #pod(key: string): Pod | undefined {
    return this.#kube.server.get(podResource, parseKeyText(key));
  }

  #forget(key: string): void {
    for (const timer of this.#lives.get(key)?.timers ?? []) timer.cancel();
    this.#lives.delete(key);
  }

  #address(): string {
    const number = ++this.#addresses;
    return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  }
}

function readiness({ conditions }: PodStatus, isReady: boolean, nowMs: number): NonNullable<PodStatus['conditions']> {
  const status = isReady ? 'True' : 'False';
  return ['Initialized', 'ContainersReady', 'Ready'].reduce<NonNullable<PodStatus['conditions']>>(
    (all, type) => withCondition(all, { type, status: type === 'Initialized' ? 'True' : status }, nowMs),
    conditions ?? [],
  );
}

function containersOf({ spec }: Pod): readonly { readonly name: string; readonly image: string }[] {
  return Array.isArray(spec.containers) ? spec.containers : [];
}

function running(pod: Pod, restartCount: number, startedAt: string): readonly JsonMap[] {
  return containersOf(pod).map(({ name, image }) => ({
    name,
    image,
    ready: false,
    started: true,
    restartCount,
    state: { running: { startedAt } },
  }));
}

function waiting(pod: Pod, reason: string, restartCount: number): readonly JsonMap[] {
  return containersOf(pod).map(({ name, image }) => ({
    name,
    image,
    ready: false,
    started: false,
    restartCount,
    state: { waiting: { reason } },
  }));
}
