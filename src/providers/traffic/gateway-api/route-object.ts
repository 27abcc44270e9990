/** The parts of Gateway API routes that carry traffic weights and say whether a gateway took them; alike for HTTP, gRPC, TCP and TLS. */
import type { KubeObject } from '../../../api/kubernetes.ts';
import * as resources from '../../../api/resources.ts';
import type { Resource } from '../../../runtime/cluster.ts';

export interface BackendRef {
  /** Absent or empty: the core group. */
  readonly group?: string;
  /** Absent: Service. */
  readonly kind?: string;
  readonly name: string;
  /** Absent: the route's own. */
  readonly namespace?: string;
  readonly port?: number;
  /** Absent: 1. */
  readonly weight?: number;
}

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface RouteCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

export interface HeaderMatch {
  readonly name: string;
  /** Absent: Exact. */
  readonly type?: string;
  readonly value: string;
}

/** One of the conditions of a rule, of which any is enough; what stands in one has to hold together. */
export interface RouteMatch {
  readonly path?: { readonly type?: string; readonly value?: string };
  /** A word in an HTTPRoute, an object in a GRPCRoute. */
  readonly method?: unknown;
  readonly headers?: readonly HeaderMatch[];
}

export interface RouteRule {
  /** Clusters with an older Gateway API do not keep it. */
  readonly name?: string;
  readonly matches?: readonly RouteMatch[];
  readonly filters?: readonly object[];
  readonly backendRefs?: readonly BackendRef[];
}

export interface Route extends KubeObject {
  readonly spec?: {
    readonly parentRefs?: readonly ParentRef[];
    readonly rules?: readonly RouteRule[];
  };
  readonly status?: {
    readonly parents?: readonly {
      readonly parentRef: ParentRef;
      readonly controllerName?: string;
      readonly conditions?: readonly RouteCondition[];
    }[];
  };
}

/** As the fields of the configuration are named. */
export type RouteKind = 'httpRoute' | 'grpcRoute' | 'tcpRoute' | 'tlsRoute';

export const routeKinds: readonly RouteKind[] = ['httpRoute', 'grpcRoute', 'tcpRoute', 'tlsRoute'];

/** kind -> how the API server addresses it, unless the composition root found out that the cluster serves another version. */
export const routeResources: Readonly<Record<RouteKind, Resource>> = {
  httpRoute: resources.httpRoutes,
  grpcRoute: resources.grpcRoutes,
  tcpRoute: resources.tcpRoutes,
  tlsRoute: resources.tlsRoutes,
};
