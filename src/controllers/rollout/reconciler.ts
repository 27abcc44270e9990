/**
 * One look at one Rollout: gather -> decide -> apply -> persist -> announce. All progress lives in the cluster; what is remembered
 * (the router's last word, what could not be done) is found again by the first look after a restart.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Rollout } from '../../api/rollout.ts';
import { validateRollout } from '../../api/validation/rollout.ts';
import { type Announcement, awaitChange, type Next, requeue } from '../../core/decision.ts';
import { rolloutDeleted } from '../../core/rollout/announcements.ts';
import { announcementsFromStatus } from '../../core/rollout/announcements-from-status.ts';
import { decide } from '../../core/rollout/decide.ts';
import type { Decision } from '../../core/rollout/decision.ts';
import type { EffectFailure, ObservedRollout } from '../../core/rollout/observed-rollout.ts';
import { type Outcome, outcomesOf } from '../../core/rollout/outcome.ts';
import type { RouteEvidence } from '../../core/rollout/routes.ts';
import type { RouteReleaser } from '../../providers/traffic/traffic-router.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cluster } from '../../runtime/cluster.ts';
import { quieter } from '../../runtime/log.ts';
import { mergeDiff } from '../merge-diff.ts';
import { managers, type Stores } from '../stores.ts';
import type { Workloads } from '../workloads.ts';
import { announceRollout, isBeingTold, isOfEffect, type RolloutAnnouncer, wholeStory } from './announce.ts';
import { type Applied, applyEffects } from './apply.ts';
import { decodeOnce } from './decoded.ts';
import { gather } from './gather.ts';
import { Memories, type Memory, type RouterFactory } from './memory.ts';
import { StatusWriter } from './persist.ts';
import type { PodRunner } from './pods/pod-runner.ts';
import { serviceNames, workloadOf } from './references.ts';
import { isGone, releaseService } from './release.ts';

export interface RolloutReconcilerOptions {
  /** Its writes enter the stores. */
  readonly cluster: Cluster;
  readonly stores: Stores;
  readonly routerFor: RouterFactory;
  readonly routes: RouteReleaser;
  readonly workloads: Pick<Workloads, 'find' | 'deployments'>;
  readonly clock: Clock;
  readonly announcer: RolloutAnnouncer;
  /** Does beside the workers what takes lists of pods. */
  readonly pods: Pick<PodRunner, 'want' | 'reports' | 'forget'>;
  /** For figures: an update has come to its end, well or badly. */
  readonly ended?: (outcome: Outcome) => void;
}

/** A router's news or a failure is decided on at once, but not for ever within one pass. */
const mostRounds = 4;
const staleRetryMs = 50;
const longestStaleRetryMs = 5_000;
/** A first look waits this long for the events of a process before it, and looks so often whether they are written. */
const mostHeldMs = 2_000;
const heldLookMs = 50;

export class RolloutReconciler {
  readonly #options: RolloutReconcilerOptions;
  readonly #statuses: StatusWriter;
  readonly #memories: Memories;

  constructor(options: RolloutReconcilerOptions) {
    this.#options = options;
    this.#statuses = new StatusWriter(options.cluster);
    this.#memories = new Memories(options.routerFor);
  }

  /** True while a write of our own to the Rollout or to what it owns has not come back. */
  isBehind(key: string): boolean {
    const { stores, workloads } = this.#options;
    const { rollouts, replicaSets, analysisRuns, experiments } = stores;
    if (rollouts.isBehindOwnWrites(key)) return true;
    const rollout = rollouts.getByKey(key);
    const named = rollout && workloadOf(rollout);
    if (named?.kind === 'Deployment' && workloads.deployments.isBehindOwnWrites(named)) return true;
    const uid = rollout?.metadata.uid;
    return uid !== undefined && [replicaSets, analysisRuns, experiments].some((store) => store.isBehindOwnWritesOfOwner(uid));
  }

  /** Keys of Rollouts that are gone while Services or routes still carry their mark: deleted while no process was there to see it. */
  abandoned(): Iterable<string> {
    const { stores, routes } = this.#options;
    const marked = new Set([...stores.services.list().flatMap(managers), ...routes.rollouts()]);
    return [...marked].filter((key) => stores.rollouts.getByKey(key) === undefined);
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Next> {
    const stored = this.#options.stores.rollouts.getByKey(key);
    if (stored === undefined) return this.#giveBack(key, signal);
    const { rollout, problems } = decodeOnce(stored);
    const isObeyed = (): boolean => validateRollout(rollout, problems).length === 0;
    const before = this.#memories.last(key);
    const { memory, retired, kept } = this.#memories.of(key, rollout, isObeyed);
    if (before !== undefined && before.uid !== memory.uid) this.#tellEnd(before);
    await retired?.release(signal, kept);
    if (rollout.metadata.deletionTimestamp !== undefined) return awaitChange;
    await this.#releaseServices(key, serviceNames(rollout), signal, isObeyed);
    // A router gives back what it steers no more; where there is none, the marks of former ones are all that is left.
    if (memory.router === undefined && this.#options.routes.has(key) && isObeyed()) await this.#releaseRoutes(key, signal);
    if (this.#isHeld(rollout, memory)) return requeue(heldLookMs);
    try {
      return await this.#pass(key, memory, signal);
    } catch (error) {
      // What it wrote last may have been stored, though the answer was lost.
      memory.hasCaughtUp = false;
      memory.storesBadly = true;
      throw error;
    }
  }

  async #pass(key: string, memory: Memory, signal: AbortSignal): Promise<Next> {
    const { stores, clock, cluster, announcer, workloads } = this.#options;
    doubtRoutes(memory);
    // What was refused is left out of the decisions of this pass and asked for again by a later one.
    const failures: EffectFailure[] = [];
    for (let round = 1; ; round++) {
      const rollout = stores.rollouts.getByKey(key);
      if (rollout === undefined) return requeue(0);
      if (this.#isUnknown(rollout)) return requeue(heldLookMs);
      recognise(memory, rollout);
      const { router, routes, numbersHeldSinceMs, isAborting, storesBadly } = memory;
      const findWorkload = workloads.find.bind(workloads);
      const podReports = this.#options.pods.reports(key, memory.uid);
      const observed = gather(stores, rollout, {
        router,
        routes,
        failures,
        numbersHeldSinceMs,
        isAborting,
        storesBadly,
        findWorkload,
        podReports,
      });
      this.#catchUp(observed, memory);
      if (this.#isHeld(observed.rollout, memory)) return requeue(heldLookMs);
      const decision = decide(observed, clock.now());
      const applied = await applyEffects(observed.rollout, decision.effects, { cluster, router: memory.router, signal });
      failures.push(...applied.failures);
      const hasNews = remember(memory, decision, applied);
      if (applied.outcome === 'stale') return lookAgain(memory);
      if (hasNews && round < mostRounds) continue;
      memory.numbersHeldSinceMs = decision.holdsNumbers ? (numbersHeldSinceMs ?? clock.now()) : undefined;
      memory.unsure = decision;
      const written = await this.#statuses.write(observed.rollout, decision.status, applied.resourceVersion, signal);
      if (written === 'stale') return lookAgain(memory);
      memory.unsure = undefined;
      memory.storesBadly = false;
      memory.staleInARow = 0;
      if (written === 'done') {
        for (const outcome of outcomesOf(observed.rollout.status, decision.status)) this.#options.ended?.(outcome);
      }
      memory.isAborting = decision.leavesPods === true;
      if (memory.isAborting) keepUntold(memory, decision.announcements);
      else {
        announceRollout(observed.rollout, wholeStory(memory.untold, decision.announcements), announcer);
        memory.untold.clear();
      }
      const { namespace = '' } = observed.rollout.metadata;
      this.#options.pods.want({ key, namespace, uid: memory.uid }, decision.podOrders ?? []);
      memory.routes = withoutTold(memory.routes, observed.routes);
      return decision.next;
    }
  }

  /** Tells what a process before this one may have stored without telling; what it did tell is recognised by its identity. */
  #catchUp(observed: ObservedRollout, memory: Memory): void {
    if (memory.hasCaughtUp) return;
    memory.hasCaughtUp = true;
    const { recorder, log } = this.#options.announcer;
    const { stored, ahead } = announcementsFromStatus(observed, this.#options.clock.now());
    keepUntold(memory, ahead);
    announceRollout(observed.rollout, stored, {
      recorder,
      log: quieter(log, 'info', 'warn'),
    });
    memory.heldUntilMs ??= stored.length === 0 ? 0 : this.#options.clock.now() + mostHeldMs;
  }

  /**
   * What is told from the status has to be written before the status moves on: a process that ends until then would leave nothing to
   * tell it from. Not for long, and never for an abort.
   */
  #isHeld(rollout: Rollout, { heldUntilMs = 0 }: Memory): boolean {
    const { clock, announcer } = this.#options;
    const { abort, abortedAt } = rollout.status ?? {};
    if (heldUntilMs <= clock.now() || (abort === true && abortedAt === undefined)) return false;
    return isBeingTold(rollout, announcer);
  }

  /** The kind that its reference names is about to be listed for the first time, or the object is being read. */
  #isUnknown(rollout: Rollout): boolean {
    const named = workloadOf(rollout);
    return named !== undefined && this.#options.workloads.find(named) === 'unknown';
  }

  /** The Rollout is gone: its routes and Services go back to the user. One that another instance serves is not gone. */
  async #giveBack(key: string, signal: AbortSignal): Promise<Next> {
    const { cluster, stores, routes } = this.#options;
    const memory = this.#memories.last(key);
    const isMarked = stores.services.byIndex('managedBy', key).length > 0 || routes.has(key);
    if ((isMarked || memory !== undefined) && (await isGone(cluster, key, signal))) {
      await this.#releaseServices(key, [], signal);
      await memory?.router?.release(signal);
      await this.#releaseRoutes(key, signal);
      if (memory !== undefined) this.#tellEnd(memory);
    }
    this.#memories.forget(key);
    this.#options.pods.forget(key);
    if (memory !== undefined) this.#statuses.forget(memory.uid);
    return awaitChange;
  }

  #tellEnd({ rollout }: Memory): void {
    announceRollout(rollout, [rolloutDeleted(rollout)], this.#options.announcer);
  }

  async #releaseRoutes(key: string, signal: AbortSignal): Promise<void> {
    const { routes, announcer } = this.#options;
    for (const refusal of await routes.release(key, signal)) announcer.log.warn(`not given back from Rollout ${key}: ${refusal}`);
  }

  /** `isObeyed`: a spec that cannot be carried out gives nothing away in the middle of an update. */
  async #releaseServices(
    key: string,
    stillNamed: readonly string[],
    signal: AbortSignal,
    isObeyed: () => boolean = () => true,
  ): Promise<void> {
    const marked = this.#options.stores.services.byIndex('managedBy', key);
    const given = marked.filter(({ metadata }) => !stillNamed.includes(metadata.name));
    if (given.length === 0 || !isObeyed()) return;
    for (const service of given) await releaseService(this.#options.cluster, service, signal);
  }
}

/** A write whose answer was lost may have been stored all the same: then it is told of now. */
function recognise(memory: Memory, { status }: Rollout): void {
  const { unsure } = memory;
  if (unsure === undefined || mergeDiff(status ?? {}, unsure.status) !== undefined) return;
  memory.unsure = undefined;
  memory.isAborting = unsure.leavesPods === true;
  keepUntold(memory, unsure.announcements);
}

function keepUntold({ untold }: Memory, announcements: readonly Announcement[]): void {
  for (const announcement of announcements) untold.set(announcement.identity, announcement);
}

/** A confirmation lasts until someone changes our fields of a route or a gateway takes its word back; then the routes are asked again. */
function doubtRoutes(memory: Memory): void {
  const { router, routes } = memory;
  if (routes?.state !== 'confirmed' || router === undefined || router.stillConfirms(routes.desired)) return;
  memory.routes = { ...routes, state: 'pending', message: 'its routes have changed and are looked at again' };
}

/** Keeps what came back; true where the next decision will differ because of it. */
function remember(memory: Memory, decision: Decision, applied: Applied): boolean {
  // Fields that were set again stay news until they are told, though a later round of the same pass finds them right.
  const routes = applied.routes && {
    ...applied.routes,
    reasserted: applied.routes.reasserted || memory.routes?.reasserted === true,
    ...untoldDeeds(memory.routes, applied.routes),
    ...toldFailure(memory.routes, applied.routes),
  };
  const isNewWord = routes !== undefined && !isDeepStrictEqual(routes, memory.routes);
  if (routes !== undefined) memory.routes = routes;
  if (applied.outcome !== 'failed') {
    keepUntold(memory, decision.announcements.filter(isOfEffect));
  }
  return isNewWord || applied.failures.length > 0;
}

/** What routers wrote stays news, like fields that were set again, until it is told. */
function untoldDeeds(before: RouteEvidence | undefined, now: RouteEvidence): Pick<RouteEvidence, 'deeds'> {
  const deeds = [...(before?.deeds ?? []), ...(now.deeds ?? [])];
  return deeds.length === 0 ? {} : { deeds };
}

/** A failure that lasts is told of once. */
function toldFailure(before: RouteEvidence | undefined, now: RouteEvidence): Pick<RouteEvidence, 'toldFailure'> {
  const told = now.state === 'confirmed' ? undefined : before?.toldFailure;
  return told === undefined ? {} : { toldFailure: told };
}

/** `told`: the word that the decision spoke of. */
function withoutTold(routes: RouteEvidence | undefined, told: RouteEvidence | undefined): RouteEvidence | undefined {
  if (routes === undefined || told === undefined) return routes;
  if (told.state === 'failed') return { ...withoutDeeds(routes, told), toldFailure: told.message };
  return told.reasserted || told.deeds !== undefined ? withoutDeeds(routes, told) : routes;
}

function withoutDeeds(routes: RouteEvidence, told: RouteEvidence): RouteEvidence {
  const { deeds: before = [], ...rest } = routes;
  const deeds = before.filter(({ identity }) => !told.deeds?.some((deed) => deed.identity === identity));
  return { ...rest, reasserted: routes.reasserted && !told.reasserted, ...(deeds.length > 0 && { deeds }) };
}

/** The world was not as decided on. What changed it usually arrives by a watch at once; what never does is asked for ever more rarely. */
function lookAgain(memory: Memory): Next {
  memory.staleInARow += 1;
  return requeue(Math.min(longestStaleRetryMs, staleRetryMs * 2 ** Math.min(memory.staleInARow - 1, 10)));
}
