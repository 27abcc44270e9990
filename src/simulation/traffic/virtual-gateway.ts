/**
 * The gateway of the virtual cluster: it accepts each generation of a route after a while, or refuses it, says so in the route's status as
 * the Gateway API has it, and sends traffic by what it accepted last.
 */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import { kindText } from '../api-server/kinds.ts';
import type { Random } from '../random.ts';
import { type Kube, timeText } from '../workloads/kube.ts';

export interface RouteBackend {
  readonly name: string;
  readonly namespace?: string;
  readonly weight?: number;
}

export interface RouteRule {
  readonly matches?: readonly { readonly headers?: readonly unknown[] }[];
  readonly backendRefs?: readonly RouteBackend[];
}

export interface VirtualRoute extends KubeObject {
  readonly spec?: { readonly parentRefs?: readonly object[]; readonly rules?: readonly RouteRule[] };
  readonly status?: { readonly parents?: readonly object[] };
}

export interface RoutePlan {
  /** Until the gateway has taken this generation; Infinity for one that never answers. */
  readonly acceptsMs: number;
  /** What it says instead of accepting. */
  readonly refusal?: { readonly type: 'Accepted' | 'ResolvedRefs'; readonly reason: string; readonly message: string };
}

export type PlanRoute = (route: VirtualRoute, random: Random) => RoutePlan;

/** Accepts within a second and a half. */
export const willingGateway: PlanRoute = (_, random) => ({ acceptsMs: random.integer(100, 1500) });

const actor = 'gateway';
const controllerName = 'simulation.rampart.dev/gateway';

const routeKinds: readonly Resource[] = [resources.httpRoutes, resources.grpcRoutes, resources.tcpRoutes, resources.tlsRoutes];

export class VirtualGateway {
  readonly #kube: Pick<Kube, 'server'>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: PlanRoute;
  /** `kind|key` -> the route as traffic follows it now */
  readonly #programmed = new Map<string, VirtualRoute>();
  readonly #listeners: (() => void)[] = [];

  constructor(kube: Kube, plan: PlanRoute) {
    this.#kube = kube;
    this.#clock = kube.clock;
    this.#random = kube.random.split(actor);
    this.#plan = plan;
    for (const resource of routeKinds) {
      kube.server.storage.onChange(kindText(resource), ({ key, old, object, isGone }) => {
        const text = `${kindText(resource)}|${key}`;
        if (isGone) this.#program(text, undefined);
        else if (old?.metadata.generation !== object.metadata.generation) this.#take(resource, object as VirtualRoute);
      });
    }
  }

  /** The route as traffic follows it now. */
  programmed(resource: Resource, key: string): VirtualRoute | undefined {
    return this.#programmed.get(`${kindText(resource)}|${key}`);
  }

  /** Before traffic is sent another way. */
  beforeChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Looks at every route anew, as after its configuration was changed. */
  reconsider(): void {
    for (const resource of routeKinds)
      for (const route of this.#kube.server.all(resource as Resource<VirtualRoute>)) this.#take(resource, route);
  }

  #take(resource: Resource, route: VirtualRoute): void {
    const key = keyTextOf(route);
    const { acceptsMs, refusal } = this.#plan(route, this.#random.split(`${key}/${route.metadata.generation}`));
    if (!Number.isFinite(acceptsMs)) return;
    this.#clock.setTimer(acceptsMs, () => {
      const present = this.#kube.server.get(resource as Resource<VirtualRoute>, parseKeyText(key));
      if (present === undefined || present.metadata.uid !== route.metadata.uid) return;
      const isNewest = present.metadata.generation === route.metadata.generation;
      if (!isNewest) return;
      if (refusal === undefined) this.#program(`${kindText(resource)}|${key}`, present);
      this.#say(resource, present, refusal);
    });
  }

  #say(resource: Resource, route: VirtualRoute, refusal: RoutePlan['refusal']): void {
    const lastTransitionTime = timeText(this.#clock.now());
    const condition = (type: 'Accepted' | 'ResolvedRefs'): object => {
      const isRefused = refusal?.type === type;
      return {
        type,
        status: isRefused ? 'False' : 'True',
        reason: isRefused ? refusal.reason : type,
        message: isRefused ? refusal.message : '',
        observedGeneration: route.metadata.generation,
        lastTransitionTime,
      };
    };
    const parents = (route.spec?.parentRefs ?? []).map((parentRef) => ({
      parentRef,
      controllerName,
      conditions: [condition('Accepted'), condition('ResolvedRefs')],
    }));
    this.#kube.server.write(resource as Resource<VirtualRoute>, { ...route, status: { parents } }, actor);
  }

  #program(text: string, route: VirtualRoute | undefined): void {
    for (const listener of this.#listeners) listener();
    if (route === undefined) this.#programmed.delete(text);
    else this.#programmed.set(text, route);
  }
}
