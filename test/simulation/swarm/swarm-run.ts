/**
 * Plays what a seed has drawn: first everything may fail and the laws hold at every write, then faults stop, people hold nothing back any
 * more, and everything must come to rest with the newest version serving.
 */
import type { Logger } from '../../../src/logger.ts';
import type { RampartProcess } from '../../../src/simulation/rampart-process.ts';
import { Simulation } from '../../../src/simulation/simulation.ts';
import type { Entrance } from '../../../src/simulation/traffic/traffic-model.ts';
import { controllerOf, type Pod } from '../../../src/simulation/workloads/kube.ts';
import { healthyPods, probeDelayMs } from '../../../src/simulation/workloads/pod-plan.ts';
import { expectItEnds } from './ending.ts';
import { FaultyNetwork } from './faulty-network.ts';
import { act } from './happenings.ts';
import { watchLaws } from './laws.ts';
import { analysisTemplates, manifestsOf, namespace } from './manifests.ts';
import {
  type Action,
  drawPlan,
  type Edition,
  goodTag,
  newestEdition,
  type Plan,
  type PlannedRollout,
  type Version,
} from './plan.ts';

/** What went wrong, with what led there. */
export class SwarmFailure extends Error {
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[]) {
    super(message);
    this.lines = lines;
  }
}

export interface SwarmOutcome {
  readonly plan: Plan;
  readonly lines: readonly string[];
}

/** Throws SwarmFailure where a law is broken or something does not end. */
export async function runSwarm(seed: number, edition: Edition = newestEdition): Promise<SwarmOutcome> {
  const swarm = new SwarmRun(drawPlan(seed, edition));
  try {
    await swarm.play();
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new SwarmFailure(`seed ${seed}: ${message}`, swarm.lines);
  } finally {
    swarm.end();
  }
  return { plan: swarm.plan, lines: swarm.lines };
}

const good: Version = { tag: goodTag, errorRatio: 0, slowMs: 0, fate: 'good' };

class SwarmRun {
  readonly plan: Plan;
  readonly lines: string[] = [];
  readonly #simulation: Simulation;
  readonly #network: FaultyNetwork;
  readonly #processes: RampartProcess[] = [];
  readonly #errors: string[] = [];
  #refuses = false;
  #jobCode = 0;
  #load = 50;
  #isOver = false;
  #killAfter: number | undefined;

  constructor(plan: Plan) {
    this.plan = plan;
    const { seed, podMs, routeMs } = plan;
    let network: FaultyNetwork | undefined;
    this.#simulation = new Simulation({
      seed,
      log: this.#log(),
      pods: (pod, random) => {
        const { fate, slowMs } = this.#versionOf(pod);
        if (controllerOf(pod)?.kind === 'Job')
          return { ...healthyPods(pod, random), exits: { afterMs: podMs, code: this.#jobCode } };
        return {
          scheduledMs: random.integer(1, 30),
          startMs: fate === 'no-image' ? Number.POSITIVE_INFINITY : random.integer(podMs / 2, podMs),
          readyMs: fate === 'never-ready' ? Number.POSITIVE_INFINITY : random.integer(0, podMs) + slowMs + probeDelayMs(pod),
          ...(fate === 'crashes' && { crashesAfterMs: random.integer(0, 3 * podMs) }),
          ...(fate === 'flaps' && random.chance(0.5) && { crashesAfterMs: random.integer(podMs, 60_000) }),
          endsMs: random.integer(10, 2 * podMs),
        };
      },
      routes: (_, random) => ({
        acceptsMs: random.integer(1, routeMs),
        ...(this.#refuses && { refusal: { type: 'Accepted' as const, reason: 'NotAllowedByListeners', message: 'not today' } }),
      }),
      ingresses: (_, random) => random.integer(1, routeMs),
      utilization: () => this.#load,
      // Errors end with the faults: a bad version that became stable would speak against every next one.
      behaviour: (pod) => ({ errorRatio: this.#isOver ? 0 : this.#versionOf(pod).errorRatio, medianSeconds: 0.02 }),
      network: {
        fateOf: (request) => network?.fateOf(request) ?? {},
        watchDelayMs: (resource) => network?.watchDelayMs(resource) ?? 0,
      },
    });
    network = new FaultyNetwork(plan.network, this.#simulation.random.split('network'));
    this.#network = network;
  }

  async play(): Promise<void> {
    const { plan } = this;
    const { cluster, clock, traffic } = this.#simulation;
    cluster.server.storage.onAnyChange((change) => this.#note(change));
    const laws = watchLaws(this.#simulation, plan);
    for (const planned of plan.rollouts) {
      this.#simulation.apply(...manifestsOf(planned, 'v1'));
      const { kind } = planned.strategy;
      traffic.send({
        requestsPerSecond: 20,
        namespace,
        to: kind !== 'routed' ? { service: `${planned.name}-stable` } : entranceOf(planned),
      });
    }
    if (plan.edition > 1) this.#simulation.apply(...analysisTemplates);
    for (let count = 0; count < plan.processes; count++) this.#start();
    await clock.run(60_000);
    for (const { afterMs, action } of plan.history) {
      await clock.run(afterMs);
      this.lines.push(`--- ${JSON.stringify(action)}`);
      this.#act(action);
      this.#startIfNoneRuns();
    }
    await clock.run(30_000);
    laws.check();
    this.lines.push('--- faults stop');
    this.#network.isFaulty = false;
    this.#network.isAway = false;
    this.#refuses = false;
    this.#isOver = true;
    this.#jobCode = 0;
    if (plan.edition > 1) this.#simulation.apply(...analysisTemplates);
    this.#simulation.gateway.reconsider();
    this.#killAfter = undefined;
    this.#simulation.prometheus.health = 'up';
    for (const process of this.#running()) process.interruptWatches('broken');
    this.#startIfNoneRuns();
    await clock.run(240_000);
    await expectItEnds(this.#simulation, plan, (line) => this.lines.push(line));
    laws.check();
    if (this.#errors.length > 0) throw new Error(`the log has errors:\n${this.#errors.join('\n')}`);
  }

  /** What still waits for a signal would keep the whole world in memory. */
  end(): void {
    for (const process of this.#running()) process.kill();
  }

  #act(action: Action): void {
    const simulation = this.#simulation;
    switch (action.do) {
      case 'gateway':
        this.#refuses = action.refuses;
        return;
      case 'away':
        this.#network.isAway = true;
        simulation.clock.setTimer(action.forMs, () => {
          this.#network.isAway = false;
        });
        return;
      case 'watches':
        this.#interrupt(action.how);
        return;
      case 'kill':
        this.#killAfter = action.afterWrites;
        return;
      case 'stop':
        for (const process of this.#running().slice(0, 1)) void process.stop();
        this.#start();
        return;
      case 'jobs':
        this.#jobCode = action.code;
        return;
      case 'load':
        this.#load = action.percent;
        return;
      default:
        act(simulation, this.plan, action);
    }
  }

  /** A connection on which nothing comes any more breaks after a while, or stalls. */
  #interrupt(how: 'ended' | 'broken' | 'gone' | 'silent'): void {
    for (const process of this.#running()) process.interruptWatches(how);
  }

  #start(): void {
    const several = this.plan.processes > 1 || this.#processes.length > 0;
    const process = this.#simulation.startRampart({
      controller: { leaderElect: several || this.plan.history.some(({ action }) => action.do === 'stop') },
      written: (_, writer) => this.#killIfDue(writer),
    });
    this.#processes.push(process);
    this.lines.push(`--- ${process.identity} starts`);
  }

  #killIfDue(process: RampartProcess): void {
    if (this.#killAfter === undefined) return;
    this.#killAfter -= 1;
    if (this.#killAfter >= 0) return;
    this.#killAfter = undefined;
    process.kill();
    this.lines.push(`--- ${process.identity} is killed`);
    this.#simulation.clock.setTimer(500, () => this.#startIfNoneRuns());
  }

  #running(): readonly RampartProcess[] {
    return this.#processes.filter(({ isRunning }) => isRunning);
  }

  #startIfNoneRuns(): void {
    while (this.#running().length < this.plan.processes) this.#start();
  }

  #versionOf(pod: Pod): Version {
    const [container] = pod.spec.containers as readonly { readonly image: string }[];
    const tag = container?.image.slice(container.image.indexOf(':') + 1);
    return this.plan.versions.find((version) => version.tag === tag) ?? good;
  }

  #note({
    kind,
    key,
    old,
    object,
    isGone,
    actor,
  }: Parameters<Parameters<Simulation['cluster']['server']['storage']['onAnyChange']>[0]>[0]): void {
    const at = (this.#simulation.clock.monotonic() / 1000).toFixed(3);
    const verb = isGone ? 'delete' : old === undefined ? 'create' : 'update';
    this.lines.push(`${at} ${actor} ${verb} ${kind.slice(kind.indexOf('/') + 1)} ${key}${detail(object)}`);
  }

  #log(): Logger {
    const note = (level: string) => (message: string) => void this.lines.push(`    ${level}: ${message}`);
    return {
      debug: () => undefined,
      info: note('info'),
      warn: note('warn'),
      error: (message, fields) => {
        this.#errors.push(`${message}${fields?.stack === undefined ? '' : `\n${fields.stack}`}`);
        this.lines.push(`    error: ${message}`);
      },
    };
  }
}

function entranceOf({ name, strategy }: PlannedRollout): Entrance['to'] {
  return strategy.kind === 'routed' && strategy.router === 'nginx' ? { ingress: name } : { route: name };
}

/** What of an object tells how a delivery goes. */
function detail(object: object): string {
  const { spec, status, reason, message } = object as {
    spec?: { replicas?: number; rules?: readonly { backendRefs?: readonly { weight?: number }[] }[]; selector?: object };
    status?: { phase?: string; message?: string; currentStepIndex?: number; abort?: boolean; readyReplicas?: number };
    reason?: string;
    message?: string;
  };
  const parts = [
    spec?.replicas !== undefined && `replicas=${spec.replicas}`,
    status?.readyReplicas !== undefined && `ready=${status.readyReplicas}`,
    spec?.rules !== undefined &&
      `weights=${spec.rules.map(({ backendRefs = [] }) => backendRefs.map(({ weight }) => weight).join('/')).join(' ')}`,
    status?.phase !== undefined && `${status.phase}${status.message ? ` "${status.message}"` : ''}`,
    status?.currentStepIndex !== undefined && `step=${status.currentStepIndex}`,
    status?.abort && 'abort',
    reason !== undefined && `${reason}: ${message}`,
  ];
  return parts
    .filter((part) => part !== false && part !== undefined && part !== '')
    .map((part) => ` ${part}`)
    .join('');
}
