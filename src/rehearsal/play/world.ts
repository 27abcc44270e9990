/**
 * The world of one play: the simulation with the stage's objects in it, versions that answer and live as the scenario says, and the moments of the scenario, told when
 * they come. Nothing is measured here.
 */
import type { KubeObject } from '../../api/kubernetes.ts';
import { labels } from '../../api/names.ts';
import { replicaSets, rollouts, services } from '../../api/resources.ts';
import type { Rollout } from '../../api/rollout.ts';
import type { MetricProvider } from '../../providers/metrics/metric-provider.ts';
import { ApiError } from '../../runtime/cluster.ts';
import type { Network, Request } from '../../simulation/network.ts';
import type { RampartProcess } from '../../simulation/rampart-process.ts';
import { Simulation } from '../../simulation/simulation.ts';
import type { Serving } from '../../simulation/traffic/traffic-model.ts';
import { controllerOf, isReady, type Pod } from '../../simulation/workloads/kube.ts';
import { healthyPods, type PodPlan } from '../../simulation/workloads/pod-plan.ts';
import { containersOf, withImage } from '../intake/versions.ts';
import { PrometheusAnswers } from '../metrics/prometheus-answers.ts';
import { WebAnswers } from '../metrics/web-answers.ts';
import type { Answers, Scenario, When } from '../scenario.ts';
import { RefusedManifest, type Stage, type VersionName } from '../stage.ts';

export interface WorldOptions {
  readonly stage: Stage;
  readonly scenario: Scenario;
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** What the good version takes, in seconds; for moments that are parts of it. */
  readonly wayInSeconds: number;
  readonly assume: (sentence: string) => void;
  readonly mark: (text: string) => void;
  /** Called behind each write of the controller that is no event, with its number since the new version was applied; true kills it there. */
  readonly killsAt?: (write: number) => boolean;
}

/** Answers that hold now. */
interface Holding {
  readonly answers: Answers;
  readonly sinceMs: number;
}

const goodMedianSeconds = 0.02;
const restartMs = 3000;
/** From this median on users call it slow. */
export const slowSeconds = 1;
const goodRatio = 0.01;

export class World {
  readonly simulation: Simulation;
  readonly stage: Stage;
  readonly scenario: Scenario;
  /** Writes of the controller since the new version was applied, events aside. */
  writes = 0;
  /** Moments that will come by themselves and have not yet. */
  due = 0;
  readonly #options: WorldOptions;
  readonly #holding: Holding[] = [];
  readonly #waiting: { readonly when: When; readonly then: () => void }[] = [];
  /** pod key -> its version, kept when it is gone */
  readonly #versions = new Map<string, VersionName | undefined>();
  readonly #weights = new Map<VersionName, number>();
  #process: RampartProcess | undefined;
  #appliedAtMs: number | undefined;
  #oldHash: string | undefined;
  #refuses = false;
  #isAway = false;
  #losesReadiness = false;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.stage = options.stage;
    this.scenario = options.scenario;
    const { seed, stage } = options;
    this.simulation = new Simulation({
      seed,
      behaviour: (pod) => this.#serving(pod),
      pods: (pod, random) => this.#planOf(pod, healthyPods(pod, random)),
      routes: (_, random) => ({
        acceptsMs: random.integer(100, 1500),
        ...(this.#refuses && {
          refusal: { type: 'Accepted' as const, reason: 'NotAllowedByListeners', message: 'the gateway refuses the route' },
        }),
      }),
      network: this.#network(),
      providers: new Map<string, MetricProvider>([['web', new WebAnswers(() => this.isGoodNow())]]),
      ...(stage.utilization !== undefined && { utilization: () => stage.utilization ?? 0 }),
    });
    const { prometheus, cluster } = this.simulation;
    const answers = new PrometheusAnswers({
      prometheus,
      selectorOf: (service) => this.simulation.get(services, service, stage.namespace)?.spec.selector,
      services: stage.services,
      isGood: () => this.isGoodNow(),
      assume: options.assume,
    });
    prometheus.answer = (metric, nowMs) => answers.answer(metric, nowMs);
    cluster.server.storage.onChange('/pods', ({ key, old, object }) => {
      if (old === undefined) this.#versions.set(key, this.#versionIn(object as Pod));
      else if (this.#losesReadiness) this.#unready(object as Pod);
    });
  }

  get rollout(): Rollout | undefined {
    return this.simulation.get(rollouts, this.stage.name, this.stage.namespace);
  }

  /** The controller has seen the new version. */
  get isSeen(): boolean {
    const { currentPodHash } = this.rollout?.status ?? {};
    return currentPodHash !== undefined && currentPodHash !== this.#oldHash;
  }

  get appliedAtMs(): number {
    return this.#appliedAtMs ?? Number.POSITIVE_INFINITY;
  }

  /** Seconds since the new version was applied. */
  now(): number {
    return (this.simulation.clock.monotonic() - this.appliedAtMs) / 1000;
  }

  /** Brings the old version up and lets users come. False where it does not get healthy. */
  async prepare(): Promise<boolean> {
    const { simulation, stage } = this;
    this.#apply();
    this.startController();
    const isUp = await simulation.clock.runUntil(() => this.rollout?.status?.phase === 'Healthy', stage.patienceMs);
    for (const entrance of stage.entrances) {
      const { requestsPerSecond: part, from } = entrance;
      const rate = typeof part === 'number' && from !== 'testers' ? part * this.#options.requestsPerSecond : part;
      simulation.traffic.send({ ...entrance, requestsPerSecond: rate });
    }
    await simulation.clock.run(warmUpMs);
    return isUp;
  }

  #apply(): void {
    const { objects } = this.stage;
    const named = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    for (const name of named) this.simulation.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    for (const object of objects) {
      try {
        this.simulation.apply(object);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw new RefusedManifest(`${object.kind} ${object.metadata.name} is refused by the API server: ${why}`, { cause });
      }
    }
  }

  /** Applies the new version; from here on it counts. */
  release(): void {
    this.#appliedAtMs = this.simulation.clock.monotonic();
    this.#oldHash = this.rollout?.status?.currentPodHash;
    const { newVersion } = this.scenario;
    for (const answers of newVersion?.answers ?? []) this.at(answers.from, () => this.#hold(answers));
    const fate = newVersion?.pods;
    if (fate?.kind === 'lose-readiness')
      this.at(fate.when, () => {
        this.#losesReadiness = true;
        this.#options.mark('the pods of the new version lose their readiness');
        for (const pod of [...this.simulation.cluster.podIndex.in(this.stage.namespace)]) this.#unready(pod);
      });
    this.applyVersion('new');
  }

  /** Puts another image into the template, as a person or a pipeline does. */
  applyVersion(version: VersionName): void {
    const { holder, images, namespace } = this.stage;
    const live = this.simulation.get(holder.resource, holder.name, namespace) as (KubeObject & TemplateHolder) | undefined;
    if (live === undefined) return;
    const template = live.spec?.template ?? live.template ?? {};
    const { spec } = withImage(template, images[version]);
    const patch = { template: { spec: { containers: spec?.containers } } };
    this.simulation.patch(holder.resource, holder.name, live.template === undefined ? { spec: patch } : patch, { namespace });
  }

  /** Does something at a moment of the scenario, at once where it is now. */
  at(when: When, then: () => void): void {
    const seconds = 'seconds' in when ? when.seconds : 'ofTheWay' in when ? when.ofTheWay * this.#options.wayInSeconds : undefined;
    if (seconds === undefined) {
      this.#waiting.push({ when, then });
      return;
    }
    const inSeconds = seconds - Math.max(0, this.now());
    if (inSeconds <= 0) {
      then();
      return;
    }
    this.due += 1;
    this.simulation.clock.setTimer(inSeconds * 1000, () => {
      this.due -= 1;
      then();
    });
  }

  /** Tells moments that wait for a step or a weight of the new version. */
  reached(step: number | undefined, weight: number): void {
    for (const waiting of [...this.#waiting]) {
      const { when } = waiting;
      const hasCome = 'step' in when ? step !== undefined && step >= when.step : 'weight' in when && weight >= when.weight;
      if (!hasCome) continue;
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.then();
    }
  }

  startController(): void {
    this.#process = this.simulation.startRampart({
      written: ({ resource }: Request, process) => {
        if (this.#appliedAtMs === undefined || resource.plural === 'events') return;
        this.writes += 1;
        if (this.#options.killsAt?.(this.writes) !== true) return;
        this.killController(process, restartMs);
      },
    });
  }

  killController(process = this.#process, backAfterMs = restartMs): void {
    process?.kill();
    this.#options.mark('the controller is killed');
    this.due += 1;
    this.simulation.clock.setTimer(backAfterMs, () => {
      this.due -= 1;
      this.#options.mark('the controller is back');
      this.startController();
    });
  }

  setGateway(refuses: boolean): void {
    this.#refuses = refuses;
    this.simulation.gateway.reconsider();
  }

  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    if (isAway) this.#process?.interruptWatches('broken');
  }

  versionOf(podKey: string): VersionName | undefined {
    return this.#versions.get(podKey);
  }

  /** The share of requests that this pod answers with errors now. */
  errorRatioOf(podKey: string): number {
    const pod = this.simulation.cluster.podIndex.get(podKey);
    return pod === undefined ? 0 : this.#serving(pod).errorRatio;
  }

  /** The version that a Service leads to, by the hash in its selector. */
  versionOfService(service: string): VersionName | undefined {
    const { namespace } = this.stage;
    const hash = this.simulation.get(services, service, namespace)?.spec.selector?.[labels.podTemplateHash];
    if (hash === undefined) return undefined;
    const own = this.simulation
      .all(replicaSets, namespace)
      .find(({ metadata }) => metadata.labels?.[labels.podTemplateHash] === hash);
    return this.#versionOfImage(containersOf(own?.spec.template)[0]?.image);
  }

  /** Percent of the users' requests that a version is given now; what it was before where nobody of any version answers. */
  weightOf(version: VersionName): number {
    const { served, unserved, refused } = this.simulation.traffic.flows;
    let [own, all] = [0, 0];
    const count = (rate: number, of: VersionName | undefined): void => {
      if (of === undefined) return;
      all += rate;
      if (of === version) own += rate;
    };
    for (const [key, { users }] of served) count(users, this.versionOf(key));
    for (const [key, rate] of refused) count(rate, this.versionOf(key));
    for (const [service, rate] of unserved) count(rate, this.versionOfService(service));
    if (all > 0) this.#weights.set(version, (own / all) * 100);
    return this.#weights.get(version) ?? 0;
  }

  /** Whether who asks the new version now, or the pods of it, would be content. */
  isGoodNow(): boolean {
    const pods = [...this.simulation.cluster.podIndex.in(this.stage.namespace)].filter(
      (pod) => this.#versionIn(pod) === 'new' && isReady(pod),
    );
    const hasAny = this.#appliedAtMs === undefined || pods.length > 0 || this.#isOver();
    return hasAny && pods.every((pod) => this.#serving(pod).errorRatio < goodRatio);
  }

  /** Another version is on its way, or the old one is what is asked. */
  #isOver(): boolean {
    return [...this.simulation.cluster.podIndex.in(this.stage.namespace)].some(
      (pod) => this.#versionIn(pod) === 'next' && isReady(pod),
    );
  }

  #hold(answers: Answers): void {
    this.simulation.traffic.behaviourChanges();
    const holding: Holding = { answers, sinceMs: this.simulation.clock.monotonic() };
    this.#holding.push(holding);
    this.#options.mark(answersText(answers));
    if (answers.forSeconds === undefined) return;
    this.simulation.clock.setTimer(answers.forSeconds * 1000, () => {
      this.simulation.traffic.behaviourChanges();
      this.#holding.splice(this.#holding.indexOf(holding), 1);
      this.#options.mark('the new version answers well again');
    });
  }

  #serving(pod: Pod): Serving {
    if (this.#versionIn(pod) !== 'new') return { errorRatio: 0, medianSeconds: goodMedianSeconds };
    let [errorRatio, medianSeconds] = [0, goodMedianSeconds];
    for (const { answers, sinceMs } of this.#holding) {
      if (answers.aboveWeight !== undefined && this.weightOf('new') <= answers.aboveWeight) continue;
      const grown =
        answers.growsOverSeconds === undefined
          ? 1
          : Math.min(1, (this.simulation.clock.monotonic() - sinceMs) / 1000 / answers.growsOverSeconds);
      errorRatio = Math.max(errorRatio, (answers.errorRatio ?? 0) * grown);
      medianSeconds = Math.max(medianSeconds, answers.medianSeconds ?? 0);
    }
    return { errorRatio, medianSeconds };
  }

  #planOf(pod: Pod, healthy: PodPlan): PodPlan {
    if (controllerOf(pod)?.kind === 'Job') return { ...healthy, exits: { afterMs: jobMs, code: this.isGoodNow() ? 0 : 1 } };
    const fate = this.scenario.newVersion?.pods;
    if (fate === undefined || this.#versionIn(pod) !== 'new') return healthy;
    switch (fate.kind) {
      case 'never-start':
        return { ...healthy, startMs: Number.POSITIVE_INFINITY };
      case 'never-ready':
        return { ...healthy, readyMs: Number.POSITIVE_INFINITY };
      case 'crash':
        return { ...healthy, crashesAfterMs: fate.afterSeconds * 1000 };
      default:
        return healthy;
    }
  }

  #unready(pod: Pod): void {
    if (this.#versionIn(pod) !== 'new' || !isReady(pod)) return;
    this.simulation.cluster.kubelet.setReady(`${pod.metadata.namespace}/${pod.metadata.name}`, false);
  }

  #versionIn(pod: Pod): VersionName | undefined {
    return this.#versionOfImage(containersOf({ spec: pod.spec })[0]?.image);
  }

  #versionOfImage(image: string | undefined): VersionName | undefined {
    const { images } = this.stage;
    if (image === images.new) return 'new';
    if (image === images.old) return 'old';
    return image === images.next ? 'next' : undefined;
  }

  #network(): Network {
    return {
      fateOf: () => (this.#isAway ? { goingMs: 5, refused: new ApiError('unreachable', 'connection refused') } : {}),
      watchDelayMs: () => 0,
    };
  }
}

interface TemplateHolder {
  readonly spec?: { readonly template?: KubePodTemplate };
  readonly template?: KubePodTemplate;
}
type KubePodTemplate = NonNullable<NonNullable<Rollout['spec']['template']>>;

/** Users before the release, so that queries over minutes have something to look back on. */
const warmUpMs = 330_000;
const jobMs = 2000;

function answersText({ errorRatio, growsOverSeconds, aboveWeight, medianSeconds }: Answers): string {
  const parts: string[] = [];
  if (errorRatio !== undefined && errorRatio > 0) {
    const share = `${Math.round(errorRatio * 1000) / 10} % of its requests with errors`;
    parts.push(growsOverSeconds === undefined ? share : `more and more, up to ${share}`);
  }
  if (medianSeconds !== undefined) parts.push(`half of its requests after more than ${medianSeconds} s`);
  const where = aboveWeight === undefined ? '' : ` while it is given more than ${aboveWeight} % of all`;
  return `the new version begins to answer ${parts.join(' and ')}${where}`;
}
