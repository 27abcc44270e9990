/**
 * The ingress controller of the virtual cluster, after ingress-nginx: it follows each Ingress a while after it was written, says so nowhere,
 * and lets a canary Ingress take its weight from the Ingress with the same host and path.
 */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import type { Clock } from '../../runtime/clock.ts';
import { keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import { kindText } from '../api-server/kinds.ts';
import type { Random } from '../random.ts';
import type { Kube } from '../workloads/kube.ts';

interface Backend {
  readonly service?: { readonly name: string };
}

export interface VirtualIngress extends KubeObject {
  readonly spec?: {
    readonly defaultBackend?: Backend;
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: {
        readonly paths?: readonly { readonly path?: string; readonly backend?: Backend }[];
      };
    }[];
  };
}

/** Milliseconds until the controller follows this version of an Ingress. */
export type PlanIngress = (ingress: VirtualIngress, random: Random) => number;

/** One host and path, where its requests go, and the share of them that a canary takes while it has endpoints. */
export interface Location {
  readonly service: string | undefined;
  readonly canary: { readonly service: string | undefined; readonly share: number } | undefined;
}

/** Within a second and a half. */
export const promptIngresses: PlanIngress = (_, random) => random.integer(100, 1500);

const leastTotal = 100;
const ingresses = resources.ingresses as Resource<VirtualIngress>;

export class VirtualIngresses {
  readonly #kube: Pick<Kube, 'server'>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #plan: PlanIngress;
  /** key -> the Ingress as traffic follows it now */
  readonly #followed = new Map<string, VirtualIngress>();
  readonly #listeners: (() => void)[] = [];

  constructor(kube: Kube, plan: PlanIngress) {
    this.#kube = kube;
    this.#clock = kube.clock;
    this.#random = kube.random.split('ingresses');
    this.#plan = plan;
    kube.server.storage.onChange(kindText(ingresses), ({ key, object, isGone }) => {
      if (isGone) this.#follow(key, undefined);
      else this.#take(object as VirtualIngress);
    });
  }

  /** The Ingress as traffic follows it now. */
  followed(key: string): VirtualIngress | undefined {
    return this.#followed.get(key);
  }

  /** Before traffic is sent another way. */
  beforeChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The hosts and paths of an Ingress that is no canary, as traffic follows them now. */
  locations(namespace: string, name: string): readonly Location[] {
    const own = this.#followed.get(`${namespace}/${name}`);
    if (own === undefined || isCanary(own)) return [];
    const canaries = [...this.#followed.values()].filter((one) => one.metadata.namespace === namespace && isCanary(one));
    return pathsOf(own).map(({ place, service }) => ({ service, canary: canaryAt(canaries, place) }));
  }

  #take(ingress: VirtualIngress): void {
    const key = keyTextOf(ingress);
    const { resourceVersion, uid } = ingress.metadata;
    const takesMs = this.#plan(ingress, this.#random.split(`${key}/${resourceVersion}`));
    if (!Number.isFinite(takesMs)) return;
    this.#clock.setTimer(takesMs, () => {
      const present = this.#kube.server.get(ingresses, parseKeyText(key));
      if (present?.metadata.uid !== uid) return;
      if (present?.metadata.resourceVersion === resourceVersion) this.#follow(key, present);
    });
  }

  #follow(key: string, ingress: VirtualIngress | undefined): void {
    for (const listener of this.#listeners) listener();
    if (ingress === undefined) this.#followed.delete(key);
    else this.#followed.set(key, ingress);
  }
}

/** The first canary of a host and path is the one that counts, as with ingress-nginx. */
function canaryAt(canaries: readonly VirtualIngress[], place: string): Location['canary'] {
  for (const canary of canaries) {
    const path = pathsOf(canary).find((one) => one.place === place);
    if (path !== undefined) return { service: path.service, share: canaryShare(canary) };
  }
  return undefined;
}

function pathsOf({ spec }: VirtualIngress): readonly { readonly place: string; readonly service: string | undefined }[] {
  const ruled = (spec?.rules ?? []).flatMap(({ host = '*', http }) =>
    (http?.paths ?? []).map(({ path = '/', backend }) => ({ place: `${host}${path}`, service: backend?.service?.name })),
  );
  const { defaultBackend } = spec ?? {};
  return ruled.length === 0 && defaultBackend !== undefined ? [{ place: '*/', service: defaultBackend.service?.name }] : ruled;
}

/** Under whatever prefix it stands. */
function annotation({ metadata }: VirtualIngress, name: string): string | undefined {
  return Object.entries(metadata.annotations ?? {}).find(([key]) => key.endsWith(`/${name}`))?.[1];
}

function isCanary(ingress: VirtualIngress): boolean {
  return annotation(ingress, 'canary') === 'true';
}

/** From 0 to 1. */
export function canaryShare(ingress: VirtualIngress): number {
  const number = (name: string): number => Number.parseInt(annotation(ingress, name) ?? '', 10) || 0;
  const total = Math.max(leastTotal, number('canary-weight-total'));
  return Math.min(1, Math.max(0, number('canary-weight')) / total);
}
