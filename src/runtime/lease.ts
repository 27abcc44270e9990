/**
 * Leader election by a coordination.k8s.io/v1 Lease, in the way of client-go, so that both sides understand each other. How old a
 * lease is, is judged by how long its record has not changed here, never by the clocks of others. Once lost it is not taken again:
 * the process ends and starts anew.
 */
import type { KubeObject } from '../api/kubernetes.ts';
import { type Clock, sleep, type Timer } from './clock.ts';
import { ApiError, type Cluster, type Resource } from './cluster.ts';
import type { Fence } from './fence.ts';
import { type Log, messageOf } from './log.ts';

export interface LeaseObject extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** RFC 3339 with microseconds, as is `renewTime`. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export const leases: Resource<LeaseObject> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};

export interface LeaseOptions {
  /** Not rate-limited and not fenced. */
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly identity: string;
  /** Whole seconds. Default 15 s. */
  readonly leaseDurationMs?: number;
  /** Shorter than the lease's duration; the difference is for writes under way. Default 10 s. */
  readonly renewDeadlineMs?: number;
  /** Default 2 s. */
  readonly retryPeriodMs?: number;
}

export type LeaseState =
  | { readonly kind: 'idle' }
  /** `holder` is undefined while nobody is known to hold it. */
  | { readonly kind: 'standing-by'; readonly holder: string | undefined }
  | { readonly kind: 'leading' }
  | { readonly kind: 'ended'; readonly why: string };

/** A moment on both clocks: a machine that slept is noticed by one of them. */
interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export class Lease {
  readonly #options: Required<LeaseOptions>;
  readonly #abort = new AbortController();
  #state: LeaseState = { kind: 'idle' };
  #observed: LeaseObject | undefined;
  #observedAtMs = 0;
  #renewedAt: Moment | undefined;
  #deadline: Timer | undefined;
  #renewing: Promise<void> = Promise.resolve();

  constructor(options: LeaseOptions) {
    this.#options = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, ...options };
  }

  get state(): LeaseState {
    return this.#state;
  }

  /** Resolves with the fence once this process leads, with undefined when the signal aborts before. Renews from then on. */
  async acquire(signal: AbortSignal): Promise<Fence | undefined> {
    this.#state = { kind: 'standing-by', holder: undefined };
    while (!signal.aborted) {
      if (await this.#attempt(() => this.#tryToTake(), signal)) {
        this.#state = { kind: 'leading' };
        this.#options.log.info(`leading: ${this.#options.identity} holds lease ${this.#options.namespace}/${this.#options.name}`);
        this.#renewing = this.#renewUntilLost();
        return this.#fence();
      }
      await sleep(this.#options.clock, this.#options.retryPeriodMs * (1 + this.#options.random()), signal);
    }
    return undefined;
  }

  /** Gives the lease up, so that another can take it at once. From here on the fence is down. */
  async release(signal?: AbortSignal): Promise<void> {
    const wasLeading = this.#isHeld();
    this.#end('it was released');
    await this.#renewing;
    if (!wasLeading) return;
    try {
      await this.#giveBack(signal);
    } catch (error) {
      this.#options.log.warn(`the lease could not be released and runs out by itself: ${messageOf(error)}`);
    }
  }

  /** A renewal that was broken off may have been carried out: then the lease is looked at once more. */
  async #giveBack(signal: AbortSignal | undefined): Promise<void> {
    const { cluster, clock, namespace, name, identity } = this.#options;
    let held = this.#observed;
    for (let attempt = 0; attempt < 3 && held?.spec?.holderIdentity === identity; attempt++) {
      const now = microTime(clock.now());
      const spec = { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
      const result = await cluster.replace(leases, { ...held, spec }, signal === undefined ? {} : { signal });
      if (result.outcome !== 'conflict') return;
      held = await cluster.get(leases, { namespace, name }, signal);
    }
  }

  #fence(): Fence {
    const isHeld = (): boolean => this.#isHeld();
    return {
      signal: this.#abort.signal,
      get isHeld() {
        return isHeld();
      },
    };
  }

  #isHeld(): boolean {
    if (this.#state.kind !== 'leading' || this.#renewedAt === undefined) return false;
    const { clock, renewDeadlineMs } = this.#options;
    const elapsedMs = Math.max(clock.now() - this.#renewedAt.wallMs, clock.monotonic() - this.#renewedAt.monotonicMs);
    if (elapsedMs < renewDeadlineMs) return true;
    this.#end(`it was not renewed for ${Math.round(elapsedMs)} ms`);
    return false;
  }

  async #renewUntilLost(): Promise<void> {
    const { clock, retryPeriodMs } = this.#options;
    while (this.#isHeld()) {
      await sleep(clock, retryPeriodMs, this.#abort.signal);
      if (this.#isHeld()) await this.#attempt(() => this.#renew(), this.#abort.signal);
    }
  }

  /** One try, whose failure is logged and counts as no. */
  async #attempt(work: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      if (!signal.aborted) this.#options.log.warn(`lease ${this.#options.namespace}/${this.#options.name}: ${messageOf(error)}`);
      return false;
    }
  }

  async #tryToTake(): Promise<boolean> {
    const { cluster, namespace, name, identity, log } = this.#options;
    const found = await this.#within((signal) => cluster.get(leases, { namespace, name }, signal));
    if (found !== undefined) this.#observe(found);
    // One that somebody deleted still binds: until it would have run out, whoever held it may not have noticed.
    const last = this.#observed;
    const holder = last?.spec?.holderIdentity;
    if (last !== undefined && holder !== undefined && holder !== '' && holder !== identity && !this.#hasRunOut(last)) {
      const isNews = this.#state.kind !== 'standing-by' || this.#state.holder !== holder;
      if (isNews) log.info(`standing by: ${holder} holds lease ${namespace}/${name}`);
      this.#state = { kind: 'standing-by', holder };
      return false;
    }
    return found === undefined ? this.#create() : this.#replace(found);
  }

  /** Writes on from what was last seen; only when that is no longer what is there does it look who leads. */
  async #renew(): Promise<boolean> {
    const { cluster, namespace, name, identity } = this.#options;
    if (this.#observed !== undefined && (await this.#replace(this.#observed))) return true;
    const found = await this.#within((signal) => cluster.get(leases, { namespace, name }, signal));
    const holder = found?.spec?.holderIdentity;
    if (found === undefined || holder !== identity) {
      this.#end(
        found === undefined ? 'it was deleted' : `${holder === undefined || holder === '' ? 'nobody' : holder} holds it now`,
      );
      return false;
    }
    this.#observe(found);
    return this.#replace(found);
  }

  async #create(): Promise<boolean> {
    const { cluster, clock, namespace, name, identity } = this.#options;
    const at = this.#moment();
    const now = microTime(clock.now());
    const spec = {
      holderIdentity: identity,
      leaseDurationSeconds: this.#seconds(),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    };
    const lease: LeaseObject = { metadata: { namespace, name }, spec };
    const result = await this.#within((signal) => cluster.create(leases, lease, signal));
    if (result.outcome === 'not-found')
      throw new ApiError('not-found', `namespace ${namespace} does not exist, so it can hold no lease`);
    if (result.outcome !== 'done') return false;
    this.#took(result.object, at);
    return true;
  }

  async #replace(found: LeaseObject): Promise<boolean> {
    const { cluster, clock, identity } = this.#options;
    const at = this.#moment();
    const now = microTime(clock.now());
    const isRenewal = found.spec?.holderIdentity === identity;
    const transitions = found.spec?.leaseTransitions ?? 0;
    const spec = {
      ...found.spec,
      holderIdentity: identity,
      leaseDurationSeconds: this.#seconds(),
      acquireTime: isRenewal ? (found.spec?.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: isRenewal ? transitions : transitions + 1,
    };
    const result = await this.#within((signal) => cluster.replace(leases, { ...found, spec }, { signal }));
    if (result.outcome !== 'done') return false;
    this.#took(result.object, at);
    return true;
  }

  /** Held from the moment before it was asked for: nobody else can count it from an earlier one. */
  #took(lease: LeaseObject, at: Moment): void {
    this.#observe(lease);
    if (this.#state.kind === 'ended') return;
    this.#renewedAt = at;
    this.#deadline?.cancel();
    const { clock, renewDeadlineMs } = this.#options;
    const leftMs = renewDeadlineMs - (clock.monotonic() - at.monotonicMs);
    this.#deadline = clock.setTimer(leftMs, () => void this.#isHeld());
  }

  #observe(lease: LeaseObject): void {
    if (this.#observed?.metadata.resourceVersion === lease.metadata.resourceVersion) return;
    this.#observed = lease;
    this.#observedAtMs = this.#options.clock.monotonic();
  }

  #hasRunOut(lease: LeaseObject): boolean {
    const durationMs = (lease.spec?.leaseDurationSeconds ?? this.#seconds()) * 1000;
    return this.#options.clock.monotonic() - this.#observedAtMs >= durationMs;
  }

  #end(why: string): void {
    if (this.#state.kind === 'ended') return;
    const wasLeading = this.#state.kind === 'leading';
    this.#state = { kind: 'ended', why };
    this.#deadline?.cancel();
    if (wasLeading) this.#options.log.info(`no longer leading: ${why}`);
    this.#abort.abort(new ApiError('aborted', `the lease is gone: ${why}`));
  }

  /** One request, given up in time for another before the deadline. */
  async #within<R>(send: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const { clock, renewDeadlineMs } = this.#options;
    const abort = new AbortController();
    const timer = clock.setTimer(renewDeadlineMs / 2, () => abort.abort());
    try {
      return await send(AbortSignal.any([abort.signal, this.#abort.signal]));
    } finally {
      timer.cancel();
    }
  }

  #moment(): Moment {
    return { wallMs: this.#options.clock.now(), monotonicMs: this.#options.clock.monotonic() };
  }

  #seconds(): number {
    return Math.ceil(this.#options.leaseDurationMs / 1000);
  }
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/Z$/, '000Z');
}
