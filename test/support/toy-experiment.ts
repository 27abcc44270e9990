/**
 * A world with one Experiment that is just real enough to try decisions in: ReplicaSets make pods that take their time, runs say what they
 * are told to say, and a pass can be cut off after any write. Deterministic.
 */
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { AnalysisTemplate } from '../../src/api/analysis-template.ts';
import type { Experiment, ExperimentSpec, ExperimentStatus } from '../../src/api/experiment.ts';
import type { ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import type { Announcement } from '../../src/core/decision.ts';
import { announcementsFromStatus } from '../../src/core/experiment/announcements.ts';
import { decideExperiment } from '../../src/core/experiment/decide-experiment.ts';
import type { ExperimentDecision, ExperimentEffect } from '../../src/core/experiment/decision.ts';
import type { ExperimentFailure, ObservedExperiment } from '../../src/core/experiment/observed-experiment.ts';
import { isEqual } from '../../src/core/rollout/quiet.ts';
import { annotationsWith } from './toy-objects.ts';
import { Crash } from './toy-world.ts';

const startMs = Date.parse('2026-01-01T00:00:00Z');

export interface ToyExperimentOptions {
  readonly templates?: readonly AnalysisTemplate[];
  /** How long the pods of a ReplicaSet take; Infinity for an image that never starts. */
  readonly podLatencyMs?: (replicaSet: string) => number;
  /** What the API server says to an effect, if it refuses it. */
  readonly refuse?: (effect: ExperimentEffect) => string | undefined;
}

export class ToyExperiment {
  nowMs = startMs;
  experiment: Experiment;
  readonly replicaSets = new Map<string, ReplicaSet>();
  readonly services = new Map<string, Service>();
  readonly runs = new Map<string, AnalysisRun>();
  /** Names that others have. */
  readonly taken = { replicaSets: new Set<string>(), services: new Set<string>(), analysisRuns: new Set<string>() };
  templates: readonly AnalysisTemplate[];
  inUse = false;
  readonly events: Announcement[] = [];
  readonly log: string[] = [];
  writes = 0;
  /** Ends a pass before the write after so many more; undefined for never. */
  crashAfter: number | undefined;
  readonly options: ToyExperimentOptions;
  /** ReplicaSet -> when its pods are there */
  readonly #readyAtMs = new Map<string, number>();
  readonly #identities = new Map<string, string>();
  #lookAtMs = 0;

  constructor(spec: ExperimentSpec, options: ToyExperimentOptions = {}) {
    this.options = options;
    this.templates = options.templates ?? [];
    this.experiment = { metadata: { name: 'exp', namespace: 'default', uid: 'u-exp' }, spec };
  }

  get status(): ExperimentStatus {
    return this.experiment.status ?? {};
  }

  change(spec: Partial<ExperimentSpec>): void {
    this.experiment = { ...this.experiment, spec: { ...this.experiment.spec, ...spec } };
    this.#lookAtMs = 0;
  }

  /** As the client's `retry experiment` writes it. */
  retry(): void {
    this.experiment = { metadata: this.experiment.metadata, spec: this.experiment.spec };
    this.#lookAtMs = 0;
  }

  /** What all runs under way say from now on. */
  verdict(phase: 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive', analysis = '', message?: string): void {
    for (const [name, run] of this.runs) {
      if (!name.startsWith(`exp-${analysis}`) || !isUnderWay(run)) continue;
      const now = new Date(this.nowMs).toISOString();
      const status = { phase, startedAt: run.status?.startedAt ?? now, ...(phase === 'Running' ? {} : { completedAt: now }) };
      this.runs.set(name, { ...run, status: { ...status, ...(message === undefined ? {} : { message }) } });
    }
    this.#lookAtMs = 0;
  }

  /** All pods of a ReplicaSet are lost and come again. */
  losePods(name: string, forMs: number): void {
    this.#readyAtMs.set(name, this.nowMs + forMs);
  }

  observe(failures: readonly ExperimentFailure[] = []): ObservedExperiment {
    const names = <T>(own: Map<string, T>, others: Set<string>) => ({ has: (name: string) => own.has(name) || others.has(name) });
    return {
      experiment: this.experiment,
      problems: [],
      replicaSets: [...this.replicaSets.values()],
      services: [...this.services.values()],
      analysisRuns: [...this.runs.values()],
      names: {
        replicaSets: names(this.replicaSets, this.taken.replicaSets),
        services: names(this.services, this.taken.services),
        analysisRuns: names(this.runs, this.taken.analysisRuns),
      },
      analysisTemplates: new Map(this.templates.map((one) => [one.metadata.name, one])),
      clusterAnalysisTemplates: new Map(),
      inUse: this.inUse,
      failures,
    };
  }

  /** One pass of the controller; true if it wrote something. Throws Crash where it is cut off. */
  reconcile(): boolean {
    const before = this.writes;
    const failures: ExperimentFailure[] = [];
    let decision = decideExperiment(this.observe(), this.nowMs);
    for (let failure = this.#applyAll(decision); failure !== undefined; failure = this.#applyAll(decision)) {
      failures.push(failure);
      decision = decideExperiment(this.observe(failures), this.nowMs);
    }
    this.#lookAtMs = decision.next.kind === 'requeue' ? this.nowMs + decision.next.afterMs : Number.POSITIVE_INFINITY;
    if (!isEqual(this.status, decision.status)) {
      this.#write(`status ${decision.status.phase}: ${decision.status.message}`, () => {
        this.experiment = { ...this.experiment, status: structuredClone(decision.status) };
      });
    }
    this.#crashIfDue('before the events are told');
    for (const one of decision.announcements) this.#announce(one);
    return this.writes !== before;
  }

  /** Lets everything happen that happens by itself within the time; it looks when something moved, when it wrote, and when it asked to. */
  settle(forMs = 0, stepMs = 500): void {
    const end = this.nowMs + forMs;
    let dirty = true;
    for (;;) {
      for (let passes = 0; ; passes += 1) {
        if (passes > 40) throw new Error(`no end of passes:\n${this.log.join('\n')}`);
        const moved = this.#runCluster();
        if (!moved && !dirty && this.#lookAtMs > this.nowMs) break;
        dirty = this.#survive();
      }
      if (this.nowMs >= end) return;
      this.nowMs = Math.min(end, this.nowMs + stepMs);
    }
  }

  told(since = 0): readonly string[] {
    return this.events.slice(since).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  /** ReplicaSet -> pods asked for */
  sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.replicaSets].map(([name, { spec }]) => [name, spec.replicas ?? 1]));
  }

  #survive(): boolean {
    try {
      return this.reconcile();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      for (const one of announcementsFromStatus(this.status, [...this.runs.values()], this.nowMs)) this.#announce(one);
      return true;
    }
  }

  #announce(one: Announcement): void {
    const known = this.#identities.get(one.identity);
    if (known !== undefined && known !== one.message) throw new Error(`${one.identity} says "${known}" and "${one.message}"`);
    if (known !== undefined) return;
    this.#identities.set(one.identity, one.message);
    this.events.push(one);
  }

  #applyAll({ effects }: ExperimentDecision): ExperimentFailure | undefined {
    for (const effect of effects) {
      const message = this.options.refuse?.(effect);
      if (message !== undefined) return { effect, message };
      this.#apply(effect);
    }
    return undefined;
  }

  #apply(effect: ExperimentEffect): void {
    const missing = (name: string): never => {
      throw new Error(`there is no ${name}`);
    };
    switch (effect.kind) {
      case 'create-replica-set': {
        const { replicaSet } = effect;
        const { name } = replicaSet.metadata;
        if (this.replicaSets.has(name) || this.taken.replicaSets.has(name)) throw new Error(`${name} exists`);
        this.#write(`create ${name}`, () =>
          this.replicaSets.set(name, {
            ...replicaSet,
            metadata: { ...replicaSet.metadata, uid: `u-${name}` },
            status: { replicas: 0 },
          }),
        );
        return;
      }
      case 'patch-replica-set': {
        const old = this.replicaSets.get(effect.name) ?? missing(effect.name);
        const { replicas } = effect;
        this.#write(`patch ${effect.name} ${JSON.stringify({ replicas, ...effect.annotations })}`, () =>
          this.replicaSets.set(effect.name, {
            ...old,
            metadata: { ...old.metadata, annotations: annotationsWith(old.metadata.annotations, effect.annotations) },
            spec: { ...old.spec, ...(replicas === undefined ? {} : { replicas }) },
          }),
        );
        return;
      }
      case 'create-service': {
        const { name } = effect.service.metadata;
        if (this.services.has(name) || this.taken.services.has(name)) throw new Error(`Service ${name} exists`);
        this.#write(`create Service ${name}`, () => this.services.set(name, effect.service));
        return;
      }
      case 'patch-service': {
        const old = this.services.get(effect.name) ?? missing(effect.name);
        this.#write(`patch Service ${effect.name}`, () => this.services.set(effect.name, { ...old, spec: effect.spec }));
        return;
      }
      case 'delete-service':
        this.#write(`delete Service ${effect.name}`, () => this.services.delete(effect.name));
        return;
      case 'create-analysis-run': {
        const { name } = effect.run.metadata;
        if (this.runs.has(name) || this.taken.analysisRuns.has(name)) throw new Error(`run ${name} exists`);
        this.#write(`create run ${name}`, () => this.runs.set(name, effect.run));
        return;
      }
      case 'terminate-analysis-run': {
        const old = this.runs.get(effect.name) ?? missing(effect.name);
        this.#write(`terminate run ${effect.name}`, () =>
          this.runs.set(effect.name, { ...old, spec: { ...old.spec, terminate: true } }),
        );
        return;
      }
      default:
        effect satisfies never;
    }
  }

  #write(cause: string, change: () => void): void {
    this.#crashIfDue(cause);
    if (this.crashAfter !== undefined) this.crashAfter -= 1;
    change();
    this.writes += 1;
    this.log.push(`${(this.nowMs - startMs) / 1000}s ${cause}`);
  }

  #crashIfDue(cause: string): void {
    if (this.crashAfter !== 0) return;
    this.crashAfter = undefined;
    this.log.push(`crash: ${cause}`);
    throw new Crash(cause);
  }

  /** The ReplicaSet controller, and the analysis controller where a run is to end. */
  #runCluster(): boolean {
    let moved = false;
    for (const [name, replicaSet] of this.replicaSets) {
      const replicas = replicaSet.spec.replicas ?? 1;
      if (replicas === 0) this.#readyAtMs.delete(name);
      else if (!this.#readyAtMs.has(name)) this.#readyAtMs.set(name, this.nowMs + (this.options.podLatencyMs?.(name) ?? 0));
      const ready = (this.#readyAtMs.get(name) ?? 0) <= this.nowMs ? replicas : 0;
      const status = { replicas, readyReplicas: ready, availableReplicas: ready };
      if (isEqual(status, replicaSet.status)) continue;
      this.replicaSets.set(name, { ...replicaSet, status });
      moved = true;
    }
    for (const [name, run] of this.runs) {
      if (run.spec.terminate !== true || !isUnderWay(run)) continue;
      const now = new Date(this.nowMs).toISOString();
      this.runs.set(name, { ...run, status: { ...run.status, phase: 'Successful', completedAt: now } });
      moved = true;
    }
    return moved;
  }
}

function isUnderWay({ status }: AnalysisRun): boolean {
  return status?.phase === undefined || status.phase === 'Running' || status.phase === 'Pending';
}

/** Pods of this image, with a port. */
export function experimentTemplate(name: string, tag = 'v1', more: object = {}): NonNullable<ExperimentSpec['templates']>[number] {
  return {
    name,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image: `shop:${tag}`, ports: [{ containerPort: 8080, name: 'http' }] }] },
    },
    ...more,
  };
}

export const goodTemplate: AnalysisTemplate = {
  metadata: { name: 'good' },
  spec: {
    args: [{ name: 'hash', value: '' }],
    metrics: [
      {
        name: 'm',
        count: 1,
        successCondition: 'result == 1',
        provider: { prometheus: { address: 'http://p', query: 'x{hash="{{args.hash}}"}' } },
      },
    ],
  },
};
