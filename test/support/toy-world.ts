/**
 * A world with one Rollout that is just real enough to try decisions in: ReplicaSets make pods that take their time, Services have
 * endpoints, routes are confirmed late, and a pass can be cut off after any write. Deterministic; `watch` is told of every write.
 */
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { AnalysisTemplate } from '../../src/api/analysis-template.ts';
import type { EndpointSlice, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from '../../src/api/rollout.ts';
import { isOfEffect, wholeStory } from '../../src/controllers/rollout/announce.ts';
import type { Announcement, Next } from '../../src/core/decision.ts';
import { announcementsFromStatus } from '../../src/core/rollout/announcements-from-status.ts';
import { decide } from '../../src/core/rollout/decide.ts';
import type { Decision, Effect } from '../../src/core/rollout/decision.ts';
import type { EffectFailure, ObservedRollout } from '../../src/core/rollout/observed-rollout.ts';
import type { ObservedWorkload } from '../../src/core/rollout/observed-workload.ts';
import { isEqual } from '../../src/core/rollout/quiet.ts';
import type { DesiredRoutes, RouteEvidence } from '../../src/core/rollout/routes.ts';
import { tagOf, withTag } from './shop-template.ts';
import { ToyExperiments } from './toy-experiments.ts';
import * as objects from './toy-objects.ts';
import { dress, newPod, restartPods, ToyPodWork } from './toy-pods.ts';
import { movePods, type PodsOf, statusOf } from './toy-replica-set.ts';
import { evidenceOf, routesText } from './toy-routes.ts';
import type { Watch } from './watch.ts';

export interface ToyOptions {
  /** How long a new pod of this ReplicaSet takes; Infinity for an image that never starts. */
  readonly podLatencyMs?: (replicaSet: string, nth: number) => number;
  /** How long a ReplicaSet counts pods that it ends, and makes no new ones; 0 if absent. */
  readonly endingMs?: number;
  /** How long the gateway takes to accept a change. */
  readonly routeLatencyMs?: () => number;
  /** Nobody tells when a change of routes was accepted: the router knows how long it takes, as where Ingresses carry the weights. */
  readonly hasSilentRoutes?: boolean;
  readonly name?: string;
  readonly services?: readonly string[];
  readonly templates?: readonly AnalysisTemplate[];
  readonly watch?: Watch;
  /** How long a pass of the controller takes; 0 if absent. */
  readonly passMs?: number;
  /** How long a new process takes to begin; 0 if absent. */
  readonly startMs?: number;
}

export class Crash extends Error {}

const startMs = Date.parse('2026-01-01T00:00:00Z');

export class ToyWorld {
  nowMs = startMs;
  rollout: Rollout;
  readonly replicaSets = new Map<string, ReplicaSet>();
  readonly pods = new Map<string, readonly objects.Pod[]>();
  private readonly ending = new Map<string, PodsOf['ending']>();
  readonly services = new Map<string, Service>();
  readonly endpointSlices = new Map<string, readonly EndpointSlice[]>();
  readonly runs = new Map<string, AnalysisRun>();
  readonly experiments = new ToyExperiments();
  readonly events: Announcement[] = [];
  readonly identities = new Map<string, string>();
  /** identity -> when it was told first */
  readonly toldAtMs = new Map<string, number>();
  /** What was done and could not be told yet. */
  private readonly untold = new Map<string, Announcement>();
  liveRoutes: DesiredRoutes | undefined;
  routesAcceptedAtMs = 0;
  /** What this process has heard from the router. */
  evidence: RouteEvidence | undefined;
  /** Writes to the API so far. */
  writes = 0;
  /** Passes so far. */
  pass = 0;
  /** Every change of size that was written: `<up|down> <ReplicaSet> <from> <to>`. */
  readonly resized: string[] = [];
  /** The Deployment that a workloadRef names, as a decision sees it; undefined without one. */
  workload: ObservedWorkload | undefined;
  /** What was written, newest last. */
  readonly log: string[] = [];
  /** Ends a pass before the write after so many more; undefined for never. */
  crashAfter: number | undefined;
  failures: EffectFailure[] = [];
  remembered: Pick<ObservedRollout, 'numbersHeldSinceMs' | 'isAborting'> = {};
  readonly options: ToyOptions;
  readonly podWork = new ToyPodWork();
  podCount = 0;
  next: Next = { kind: 'await-change' };
  private lookAtMs = Number.POSITIVE_INFINITY;

  constructor(spec: RolloutSpec, options: ToyOptions = {}, annotations?: Record<string, string>) {
    this.options = options;
    this.rollout = objects.rolloutOf(options.name ?? 'shop', spec, annotations);
    for (const name of options.services ?? []) this.services.set(name, objects.shopService(name));
    this.runCluster();
  }

  get status(): RolloutStatus {
    return this.rollout.status ?? {};
  }

  change(spec: Partial<RolloutSpec>): void {
    const generation = (this.rollout.metadata.generation ?? 0) + 1;
    this.rollout = {
      ...this.rollout,
      metadata: { ...this.rollout.metadata, generation },
      spec: { ...this.rollout.spec, ...spec },
    };
  }

  /** As clients patch the status; null removes. */
  command(patch: Record<string, unknown>): void {
    const merged = Object.entries({ ...this.status, ...patch }).filter(([, value]) => value !== null);
    this.rollout = { ...this.rollout, status: Object.fromEntries(merged) as RolloutStatus };
  }

  image(tag: string): void {
    this.change({ template: withTag(this.rollout.spec.template, tag) });
  }

  observe(): ObservedRollout {
    return {
      rollout: this.rollout,
      problems: [],
      workload: this.workload,
      replicaSets: [...this.replicaSets.values()],
      foreignReplicaSets: new Map(),
      analysisRuns: [...this.runs.values()],
      analysisRunNames: this.runs,
      experiments: [...this.experiments.all.values()],
      experimentNames: this.experiments.all,
      services: new Map([...this.services, ...this.experiments.services]),
      endpointSlices: new Map([...this.endpointSlices, ...this.experiments.endpointSlices]),
      otherRollouts: new Set(),
      analysisTemplates: new Map((this.options.templates ?? []).map((one) => [one.metadata.name, one])),
      clusterAnalysisTemplates: new Map(),
      routeProblems: [],
      routes: this.evidence,
      failures: this.failures,
      ...this.remembered,
      podReports: this.podWork.reports,
    };
  }

  /** One pass of the controller; true if it wrote something. Throws Crash where it is cut off. */
  reconcile(): boolean {
    const before = this.writes;
    this.pass += 1;
    let decision: Decision = decide(this.observe(), this.nowMs);
    for (let round = 0; ; round += 1) {
      const known = this.evidence;
      for (const effect of decision.effects) this.apply(effect);
      for (const one of decision.announcements) if (isOfEffect(one)) this.untold.set(one.identity, one);
      if (isEqual(known, this.evidence) || round > 3) break;
      decision = decide(this.observe(), this.nowMs);
    }
    const heldSinceMs = this.remembered.numbersHeldSinceMs ?? this.nowMs;
    this.remembered = { ...(decision.holdsNumbers && { numbersHeldSinceMs: heldSinceMs }), isAborting: decision.leavesPods };
    this.podWork.want(decision.podOrders ?? []);
    this.next = decision.next;
    this.lookAtMs = decision.next.kind === 'requeue' ? this.nowMs + decision.next.afterMs : Number.POSITIVE_INFINITY;
    if (!isEqual(this.status, decision.status)) {
      this.write(`status ${decision.status.phase}: ${decision.status.message}`, () => {
        this.rollout = { ...this.rollout, status: structuredClone(decision.status) };
      });
    }
    this.crashIfDue('before the events are told');
    this.nowMs += this.options.passMs ?? 0;
    const story = wholeStory(this.untold, decision.announcements);
    this.untold.clear();
    for (const one of story) decision.leavesPods ? this.untold.set(one.identity, one) : this.announce(one);
    return this.writes !== before;
  }

  announce(announcement: Announcement): void {
    const known = this.identities.get(announcement.identity);
    if (known !== undefined && known !== announcement.message) {
      throw new Error(`identity ${announcement.identity} says both "${known}" and "${announcement.message}"`);
    }
    if (known !== undefined) return;
    this.identities.set(announcement.identity, announcement.message);
    this.toldAtMs.set(announcement.identity, this.nowMs);
    this.events.push(announcement);
  }

  /**
   * Lets everything happen that happens by itself within the time. Rampart looks when something moved, when it wrote something itself,
   * and when it asked to; never otherwise.
   */
  settle(forMs = 0, stepMs = 500): void {
    const end = this.nowMs + forMs;
    let dirty = true;
    for (;;) {
      for (let passes = 0; ; passes += 1) {
        if (passes > 60)
          throw new Error(`no end of passes:\n${this.log.join('\n')}\n${JSON.stringify(decide(this.observe(), this.nowMs))}`);
        const moved = this.runCluster();
        if (!moved && !dirty && this.lookAtMs > this.nowMs) break;
        dirty = this.survive();
      }
      if (this.nowMs >= end) return;
      this.nowMs = Math.min(end, this.nowMs + stepMs);
    }
  }

  /** A pass whose crash is followed by a new process. */
  private survive(): boolean {
    try {
      return this.reconcile();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.evidence = undefined;
      this.remembered = {};
      this.podWork.forget();
      this.untold.clear();
      this.nowMs += this.options.startMs ?? 0;
      const { stored, ahead } = announcementsFromStatus(this.observe(), this.nowMs);
      for (const announcement of stored) this.announce(announcement);
      for (const announcement of ahead) this.untold.set(announcement.identity, announcement);
      return true;
    }
  }

  private write(cause: string, change: () => void): void {
    this.crashIfDue(cause);
    if (this.crashAfter !== undefined) this.crashAfter -= 1;
    this.options.watch?.before(this);
    change();
    this.writes += 1;
    this.log.push(`${(this.nowMs - startMs) / 1000}s #${this.pass} ${cause}`);
    this.options.watch?.after(this, cause);
  }

  private crashIfDue(cause: string): void {
    if (this.crashAfter !== 0) return;
    this.crashAfter = undefined;
    this.log.push(`crash: ${cause}`);
    throw new Crash(cause);
  }

  private apply(effect: Effect): void {
    switch (effect.kind) {
      case 'create-replica-set': {
        const { replicaSet } = effect;
        const { name } = replicaSet.metadata;
        if (this.replicaSets.has(name)) throw new Error(`${name} exists`);
        this.write(`create ${name} at ${replicaSet.spec.replicas}`, () => {
          this.replicaSets.set(name, objects.storedReplicaSet(replicaSet, this.nowMs));
          this.noteSize(name, 0, replicaSet.spec.replicas ?? 1);
        });
        return;
      }
      case 'patch-replica-set':
        this.write(`patch ${effect.name} ${JSON.stringify({ replicas: effect.replicas, annotations: effect.annotations })}`, () =>
          this.patchReplicaSet(effect),
        );
        return;
      case 'scale-deployment':
        this.write(`scale ${effect.name} to ${effect.replicas}`, () => {
          this.workload = objects.scaledWorkload(this.workload, effect.replicas);
        });
        return;
      case 'dress-replica-set':
        this.write(`dress ${effect.name} ${JSON.stringify([effect.annotations, effect.template])}`, () => dress(this, effect));
        return;
      case 'delete-replica-set':
        this.write(`delete ${effect.name}`, () => {
          this.replicaSets.delete(effect.name);
          this.pods.delete(effect.name);
        });
        return;
      case 'switch-service':
        this.write(`switch ${effect.name} to ${effect.hash}`, () => this.switchService(effect));
        return;
      case 'converge-routes':
        this.converge(effect.desired);
        return;
      case 'create-analysis-run':
        this.write(`create run ${effect.run.metadata.name}`, () => this.runs.set(effect.run.metadata.name, effect.run));
        return;
      case 'terminate-analysis-run':
        this.write(`terminate run ${effect.name}`, () => objects.terminate(this.runs, effect.name));
        return;
      case 'create-experiment':
      case 'terminate-experiment':
      case 'delete-experiment':
        this.write(effect.kind, () => this.experiments.apply(effect, this.nowMs));
        return;
      case 'delete-analysis-run':
        this.write(`delete run ${effect.name}`, () => this.runs.delete(effect.name));
        return;
      case 'patch-rollout':
        this.write(`patch rollout ${JSON.stringify(effect).slice(0, 200)}`, () => this.patchRollout(effect));
        return;
    }
  }

  private patchReplicaSet(effect: Extract<Effect, { kind: 'patch-replica-set' }>): void {
    const old = this.replicaSets.get(effect.name);
    if (old === undefined) throw new Error(`no ReplicaSet ${effect.name}`);
    this.noteSize(effect.name, old.spec.replicas ?? 1, effect.replicas ?? old.spec.replicas ?? 1);
    this.replicaSets.set(effect.name, objects.patchedReplicaSet(old, effect));
  }

  private noteSize(name: string, from: number, to: number): void {
    if (from !== to) this.resized.push(`${to > from ? 'up' : 'down'} ${name} ${from} ${to}`);
  }

  private patchRollout(effect: Extract<Effect, { kind: 'patch-rollout' }>): void {
    if (effect.template !== undefined) this.change({ template: effect.template });
    if (effect.replicas !== undefined) this.change({ replicas: effect.replicas });
    const { metadata } = this.rollout;
    const annotations = objects.annotationsWith(metadata.annotations, effect.annotations);
    this.rollout = { ...this.rollout, metadata: { ...metadata, annotations } };
  }

  private switchService(effect: Extract<Effect, { kind: 'switch-service' }>): void {
    const old = this.services.get(effect.name);
    if (old === undefined) throw new Error(`no Service ${effect.name}`);
    this.services.set(effect.name, objects.switchedService(old, effect));
  }

  private converge(desired: DesiredRoutes): void {
    if (!isEqual(this.liveRoutes, desired)) {
      this.write(routesText(desired), () => {
        this.liveRoutes = desired;
        this.routesAcceptedAtMs = this.nowMs + (this.options.routeLatencyMs?.() ?? 0);
      });
    }
    this.hearRoutes();
  }

  private hearRoutes(): boolean {
    const { liveRoutes: desired, nowMs, routesAcceptedAtMs: atMs, evidence: old } = this;
    if (desired === undefined) return false;
    this.evidence = evidenceOf(desired, { nowMs, atMs, isSilent: this.options.hasSilentRoutes });
    return !isEqual(old, this.evidence);
  }

  /** The ReplicaSet and endpoint controllers and the watch on routes; true if any of them changed something. */
  runCluster(): boolean {
    let moved = this.evidence !== undefined && this.options.hasSilentRoutes !== true && this.hearRoutes();
    moved = this.podWork.run(this) || moved;
    moved = this.experiments.run(this) || moved;
    for (const replicaSet of this.replicaSets.values()) moved = this.runReplicaSet(replicaSet) || moved;
    for (const service of this.services.values()) moved = this.runService(service) || moved;
    return moved;
  }

  private runReplicaSet(replicaSet: ReplicaSet): boolean {
    const { name } = replicaSet.metadata;
    const before = { pods: this.pods.get(name) ?? [], ending: this.ending.get(name) };
    const after = movePods(replicaSet, before, {
      nowMs: this.nowMs,
      endingMs: this.options.endingMs ?? 0,
      make: () => newPod(this, replicaSet),
    });
    this.pods.set(name, after.pods);
    this.ending.set(name, after.ending);
    const status = statusOf(replicaSet, after, this.nowMs);
    if (isEqual(status, replicaSet.status)) return false;
    this.replicaSets.set(name, { ...replicaSet, status });
    return true;
  }

  readyPods(name: string): readonly objects.Pod[] {
    return (this.pods.get(name) ?? []).filter((pod) => pod.readyAtMs <= this.nowMs);
  }

  private runService(service: Service): boolean {
    const { name } = service.metadata;
    const chosen = objects.selectedBy(service, [...this.replicaSets.values()]);
    const pods = chosen.flatMap((one) => this.readyPods(one.metadata.name));
    const slices = [objects.sliceOf(name, pods)];
    if (isEqual(slices, this.endpointSlices.get(name))) return false;
    this.endpointSlices.set(name, slices);
    return true;
  }

  /** All pods of a ReplicaSet stop and start again. */
  restartPods(tag: string, latencyMs: number): void {
    restartPods(this, tag, latencyMs);
  }

  /** Sets what a run says. */
  verdict(phase: objects.Verdict, message?: string): void {
    for (const [name, run] of this.runs) this.runs.set(name, objects.judgedRun(run, this.nowMs, phase, message));
  }

  /** `Normal Reason: message` of the events since the mark. */
  told(since = 0): readonly string[] {
    return this.events.slice(since).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  /** tag -> pods asked for. */
  sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.replicaSets.values()].map((one) => [tagOf(one), one.spec.replicas ?? 1]));
  }
}
