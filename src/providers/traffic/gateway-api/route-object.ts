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

export interface Route extends KubeObject {
  readonly spec?: {
    readonly parentRefs?: readonly ParentRef[];
    readonly rules?: readonly { readonly backendRefs?: readonly BackendRef[] }[];
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
