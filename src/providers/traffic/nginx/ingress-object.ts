/** The parts of an Ingress that the canary Ingress beside it is made of, and where Ingresses are looked up. */
import type { KubeObject } from '../../../api/kubernetes.ts';

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly name?: string; readonly number?: number } };
  readonly resource?: unknown;
}

export interface IngressPath {
  readonly path?: string;
  readonly pathType?: string;
  readonly backend: IngressBackend;
}

export interface IngressRule {
  /** Absent: every host. */
  readonly host?: string;
  readonly http?: { readonly paths?: readonly IngressPath[] };
}

export interface IngressSpec {
  readonly ingressClassName?: string;
  readonly rules?: readonly IngressRule[];
  readonly tls?: readonly object[];
  readonly defaultBackend?: IngressBackend;
}

export interface Ingress extends KubeObject {
  readonly spec?: IngressSpec;
}

/** How a class was named before `spec.ingressClassName`; still read where that is absent. */
export const classAnnotation = 'kubernetes.io/ingress.class';

/** Undefined where the Ingress names none. */
export function classOf({ metadata, spec }: Ingress): string | undefined {
  return spec?.ingressClassName ?? metadata.annotations?.[classAnnotation];
}

/** Where Ingresses are looked up without asking the API server. */
export interface IngressSource {
  get(namespace: string, name: string): Ingress | undefined;
  /** Ingresses that are marked for this Rollout (`namespace/name`). */
  marked(rollout: string): readonly Ingress[];
  /** Rollouts for which any Ingress is marked, some perhaps more than once. */
  markedRollouts(): Iterable<string>;
  /** A sentence that says why none can be seen; undefined where they can. */
  trouble(): string | undefined;
}
