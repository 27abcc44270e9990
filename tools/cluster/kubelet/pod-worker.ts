/**
 * Runs one pod: feeds what happens into the record, carries out what the plan says, and reports the status after each change. All
 * decisions are pod-plan.ts's; everything here is the thin edge to processes, probes and the API server.
 */
import { rm } from 'node:fs/promises';
import { ContainerRunner } from './container-runner.ts';
import type { Surroundings } from './environment.ts';
import { KubeApiError } from './kube-api.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { type Action, isAlive, planPod } from './pod-plan.ts';
import { type Happening, newRecord, type PodRecord, reduce } from './pod-record.ts';
import { podStatus } from './pod-status.ts';
import type { Pod, PodCondition } from './pod-types.ts';
import { PodVolumes } from './pod-volumes.ts';
import { StatusWriter } from './status-writer.ts';

const mostPlansInARow = 100;

export class PodWorker {
  readonly #context: KubeletContext;
  readonly #podIp: string;
  readonly #directory: string;
  readonly #status: StatusWriter;
  readonly #volumes: PodVolumes;
  readonly #runners: ReadonlyMap<string, ContainerRunner>;
  #pod: Pod;
  #record: PodRecord;
  #timer: NodeJS.Timeout | undefined;
  readonly #wasOver: boolean;
  #isGone = false;
  #isFinishing = false;
  #graceSeen: number | undefined;

  constructor(pod: Pod, podIp: string, context: KubeletContext) {
    this.#pod = pod;
    this.#podIp = podIp;
    this.#context = context;
    const { name, namespace = 'default', uid = '' } = pod.metadata;
    this.#directory = `${context.podsDir}/${namespace}_${name}_${uid}`;
    this.#wasOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    this.#record = newRecord(pod, context.now());
    this.#status = new StatusWriter(context.api, { namespace, name, uid });
    this.#volumes = new PodVolumes({
      api: context.api,
      ca: context.ca,
      directory: this.#directory,
      around: () => this.#surroundings(),
      troubled: (message) => this.#event('Warning', 'FailedMount', message),
    });
    const edge = {
      happened: (happening: Happening) => this.#happened(happening),
      event: (type: 'Normal' | 'Warning', reason: string, message: string) => this.#event(type, reason, message),
      surroundings: () => this.#surroundings(),
      volumes: this.#volumes,
      directory: this.#directory,
    };
    const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
    this.#runners = new Map(containers.map((container) => [container.name, new ContainerRunner(container, edge, context)]));
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Its own folder: logs and volumes. */
  get directory(): string {
    return this.#directory;
  }

  isRunning(container: string): boolean {
    return !this.#isGone && isAlive(this.#record.containers[container]);
  }

  /** A newer object of the same pod, or the first. */
  update(pod: Pod): void {
    this.#pod = pod;
    const { deletionTimestamp, deletionGracePeriodSeconds: grace = 30 } = pod.metadata;
    if (deletionTimestamp !== undefined && this.#graceSeen !== grace) {
      this.#graceSeen = grace;
      this.#record = reduce(this.#record, { type: 'delete', by: this.#context.now() + grace * 1000 }, this.#context.backoff);
    }
    this.#advance();
  }

  /** The object is gone from the API server: whatever still runs is killed at once. */
  async vanished(): Promise<void> {
    this.#isGone = true;
    clearTimeout(this.#timer);
    this.#status.close();
    this.#volumes.close();
    await Promise.all([...this.#runners.values()].map((runner) => runner.destroy()));
    if (!this.#context.keepPodDirs) await rm(`${this.#directory}/volumes`, { recursive: true, force: true });
  }

  #surroundings(): Surroundings {
    const { nodeIp, allocatable } = this.#context;
    return { pod: this.#pod, podIp: this.#podIp, hostIp: nodeIp, config: new Map(), allocatable };
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (!this.#isGone) this.#context.events.record(this.#pod, type, reason, message);
  }

  #happened(happening: Happening): void {
    this.#record = reduce(this.#record, happening, this.#context.backoff);
    this.#advance();
  }

  /** Plans and acts until there is nothing more to do now, then reports. */
  #advance(): void {
    if (this.#isGone) return;
    clearTimeout(this.#timer);
    for (let plans = 0; plans < mostPlansInARow; plans++) {
      const { actions, wakeAt } = planPod(this.#pod, this.#record, this.#context.now());
      for (const action of actions) this.#act(action);
      if (actions.length > 0 && !this.#isFinishing) continue;
      if (wakeAt !== undefined) this.#timer = setTimeout(() => this.#advance(), Math.max(1, wakeAt - this.#context.now()));
      break;
    }
    this.#report();
  }

  #report(): void {
    // A pod that was over before this kubelet came: all that is left is its deletion.
    if (this.#wasOver) return;
    const context = { now: this.#context.now(), podIp: this.#podIp, hostIp: this.#context.nodeIp, conditions: this.#conditions() };
    this.#status.want(podStatus(this.#pod, this.#record, context));
  }

  /** What was last written of our own, and the newest seen of the others'. */
  #conditions(): readonly PodCondition[] {
    const own = this.#status.conditions;
    const others = (this.#pod.status?.conditions ?? []).filter(({ type }) => !own.some((known) => known.type === type));
    return [...own, ...others];
  }

  /** Each action is in the record before anything of it has happened. */
  #act(action: Action): void {
    const { backoff } = this.#context;
    switch (action.do) {
      case 'prepare-volumes':
        this.#record = reduce(this.#record, { type: 'volumes', state: 'preparing' }, backoff);
        void this.#prepareVolumes();
        return;
      case 'start':
        this.#record = reduce(this.#record, { type: 'starting', container: action.container }, backoff);
        void this.#runners.get(action.container)?.start(this.#record.containers[action.container]?.restarts ?? 0);
        return;
      case 'stop':
        this.#record = reduce(this.#record, { type: 'stopping', container: action.container, by: action.by }, backoff);
        void this.#runners.get(action.container)?.stop(action.by, action.reason);
        return;
      case 'expire':
        this.#record = reduce(this.#record, { type: 'expired' }, backoff);
        this.#event('Normal', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline');
        return;
      case 'finish':
        if (!this.#isFinishing) void this.#finish();
        return;
    }
  }

  async #prepareVolumes(): Promise<void> {
    try {
      await this.#volumes.prepare();
      this.#happened({ type: 'volumes', state: 'ready' });
    } catch (error) {
      this.#event('Warning', 'FailedMount', `MountVolume.SetUp failed: ${error instanceof Error ? error.message : String(error)}`);
      this.#happened({ type: 'volumes-failed', at: this.#context.now() });
    }
  }

  /** The last status first, then the object itself. */
  async #finish(): Promise<void> {
    this.#isFinishing = true;
    this.#report();
    await this.#status.settled();
    const { name, namespace, uid } = this.#pod.metadata;
    try {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await this.#context.api.send('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, options);
    } catch (error) {
      if (error instanceof KubeApiError && (error.status === 404 || error.status === 409)) return;
      console.log(`deleting ${namespace}/${name}: ${String(error)}; trying again`);
      this.#isFinishing = false;
      this.#timer = setTimeout(() => this.#advance(), 500);
    }
  }
}
