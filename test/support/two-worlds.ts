/**
 * The same story on a real Kubernetes and on the virtual one: what a user does and waits for, and what was to be seen meanwhile. A story knows
 * nothing of where it is played.
 */
import { onTestFinished } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import * as resources from '../../src/api/resources.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import type { MetricProvider } from '../../src/providers/metrics/metric-provider.ts';
import type { Route } from '../../src/providers/traffic/gateway-api/route-object.ts';
import { events } from '../../src/runtime/event.ts';
import { evenNetwork } from '../../src/simulation/network.ts';
import { Simulation } from '../../src/simulation/simulation.ts';
import { startPrometheusEndpoint } from './prometheus-endpoint.ts';
import { emptyStage } from './routed-stage.ts';

export interface World {
  /** What a route names as its parent. */
  readonly parentRefs: readonly object[];
  /** Where templates ask; a query that says `bad` is answered by 0.5, every other one by 1. */
  readonly metricsAddress: string;
  apply(...objects: readonly KubeObject[]): Promise<void>;
  patch(name: string, body: object, subresource?: 'status'): Promise<void>;
  until(what: string, holds: () => boolean): Promise<void>;
  /** Undefined as long as it is not there. */
  rollout(name: string): Rollout | undefined;
  /** Everything about a Rollout up to now. */
  seen(name: string): Seen;
}

export interface Seen {
  /** Every stored version of it. */
  readonly rollouts: readonly Rollout[];
  /** Every stored version of the route of its name. */
  readonly routes: readonly Route[];
  /** `Type Reason: message`, in the order in which they were told. */
  readonly events: readonly string[];
  /** `<name> <phase>`, by name. */
  readonly runs: readonly string[];
}

const answerTo = (query: string): number => (query.includes('bad') ? 0.5 : 1);

/** A namespace of the shared cluster with the controller at work in it; ends with the test. */
export async function realWorld(parentRefs: readonly object[]): Promise<World> {
  const metrics = await startPrometheusEndpoint((query) => [answerTo(query)]);
  onTestFinished(async () => await metrics.stop());
  const { view } = await emptyStage();
  const versions = <T extends KubeObject>(kind: string, name: string): readonly T[] =>
    view.history.flatMap((one) => (one.kind === kind && one.name === name && one.object !== undefined ? [one.object as T] : []));
  return {
    parentRefs,
    metricsAddress: metrics.address,
    apply: async (...objects) => await view.apply(...objects),
    patch: async (name, body, subresource) =>
      await view.patch(resources.rollouts, name, body, subresource === undefined ? {} : { subresource }),
    // A story acts as soon as it sees what it waits for, in both worlds.
    until: async (what, holds) => await view.untilSeen(what, holds),
    rollout: (name) => view.rollouts.get(view.name, name),
    seen: (name) => ({
      rollouts: versions<Rollout>('Rollout', name),
      routes: versions<Route>('HTTPRoute', name),
      events: view.events(name),
      runs: runsOf(view.runs.list(view.name), name),
    }),
  };
}

const metricsOfStory: MetricProvider<{ readonly query?: string }> = {
  measure: async ({ query = '' }) => {
    const value = answerTo(query);
    return { kind: 'value', result: [value], text: `[${value}]` };
  },
};

const patienceMs = 600_000;
/** What a request takes, and a watch, on a quiet cluster. In no time at all, work beside a pass would be over within it, and be told sooner than it ever is. */
const requestMs = 10;

export interface VirtualWorld extends World {
  /** Lets the time go on in which nobody does anything. */
  goOn(ms: number): Promise<void>;
}

/** A virtual cluster of its own, healthy and quiet. */
export function virtualWorld(seed: number, latencyMs = requestMs): VirtualWorld {
  const simulation = new Simulation({
    seed,
    network: evenNetwork(latencyMs),
    providers: new Map([['prometheus', metricsOfStory]]),
  });
  const seen = { rollouts: [] as Rollout[], routes: [] as Route[] };
  const { storage } = simulation.cluster.server;
  storage.onChange('argoproj.io/rollouts', ({ object, isGone }) => {
    if (!isGone) seen.rollouts.push(object as Rollout);
  });
  storage.onChange('gateway.networking.k8s.io/httproutes', ({ object, isGone }) => {
    if (!isGone) seen.routes.push(object as Route);
  });
  simulation.startRampart();
  return {
    parentRefs: [{ name: 'gateway' }],
    metricsAddress: 'http://prometheus.example',
    apply: async (...objects) => simulation.apply(...objects),
    patch: async (name, body, subresource) =>
      simulation.patch(resources.rollouts, name, body, subresource === undefined ? {} : { subresource }),
    until: async (what, holds) => {
      if (await simulation.clock.runUntil(holds, patienceMs)) return;
      throw new Error(
        `still waiting until ${what}: ${JSON.stringify(simulation.all(resources.rollouts).map(({ status }) => status))}`,
      );
    },
    goOn: async (ms) => void (await simulation.clock.runUntil(() => false, ms)),
    rollout: (name) => simulation.get(resources.rollouts, name),
    seen: (name) => ({
      rollouts: seen.rollouts.filter(({ metadata }) => metadata.name === name),
      routes: seen.routes.filter(({ metadata }) => metadata.name === name),
      events: simulation
        .all(events)
        .filter(({ involvedObject }) => involvedObject.kind === 'Rollout' && involvedObject.name === name)
        .toSorted((one, other) => Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion))
        .map(({ type, reason, message }) => `${type} ${reason}: ${message}`),
      runs: runsOf(simulation.all(resources.analysisRuns), name),
    }),
  };
}

function runsOf(
  runs: readonly {
    readonly metadata: KubeObject['metadata'];
    readonly status?: { readonly phase?: string | undefined } | undefined;
  }[],
  rollout: string,
): readonly string[] {
  return runs
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === rollout))
    .map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)
    .toSorted();
}
