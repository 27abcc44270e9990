/** Finds, among a cluster's Gateways, one that the shop's route can have as its parent. Pure. */
import type { KubeObject, Resource } from '../../src/api/kubernetes.ts';

export interface Listener {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly hostname?: string;
  readonly allowedRoutes?: {
    readonly namespaces?: { readonly from?: string };
    readonly kinds?: readonly { readonly kind: string }[];
  };
}

export interface Gateway extends KubeObject {
  readonly spec: { readonly listeners: readonly Listener[] };
  readonly status?: {
    readonly addresses?: readonly { readonly value: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export const gateways: Resource<Gateway> = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  kind: 'Gateway',
  plural: 'gateways',
  namespaced: true,
};

/** A listener that takes the shop's route. */
export interface Meeting {
  readonly namespace: string;
  readonly name: string;
  readonly sectionName: string;
  /** Host that the route has to name. */
  readonly host: string;
  /** Without a path. */
  readonly url: string;
}

export interface GatewayWish {
  readonly gateway: { readonly namespace: string; readonly name: string } | undefined;
  readonly gatewayUrl: string | undefined;
}

export const noGatewayApi =
  'This cluster has no Gateway API: install a gateway that speaks it (Envoy Gateway, Istio, Traefik, ...) together with its CRDs.';

const need = 'a Gateway that is programmed, has an address, and has an HTTP listener for routes of all namespaces';

/** The one wished for, else the first that fits, by namespace and name. Throws with a sentence that says what is missing. */
export function meetGateway(all: readonly Gateway[], wish: GatewayWish): Meeting {
  const sorted = [...all].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const wished = wish.gateway === undefined ? undefined : `${wish.gateway.namespace}/${wish.gateway.name}`;
  const candidates = wished === undefined ? sorted : sorted.filter((gateway) => nameOf(gateway) === wished);
  if (candidates.length === 0) {
    const known = sorted.length === 0 ? 'none at all' : sorted.map(nameOf).join(', ');
    throw new Error(
      wished === undefined
        ? `This cluster has no Gateway: the demo needs ${need}.`
        : `There is no Gateway ${wished}; there is ${known}.`,
    );
  }
  const meetings = candidates.map((gateway) => meetingAt(gateway, wish.gatewayUrl, wished !== undefined));
  const met = meetings.find((meeting) => typeof meeting !== 'string');
  if (met !== undefined) return met;
  throw new Error(`The demo needs ${need}: ${meetings.join('; ')}.`);
}

export function isProgrammed({ status }: Gateway): boolean {
  return status?.conditions?.some(({ type, status: holds }) => type === 'Programmed' && holds === 'True') === true;
}

/** Or what keeps the shop from meeting its users there. */
function meetingAt(gateway: Gateway, gatewayUrl: string | undefined, isWished: boolean): Meeting | string {
  const { namespace = 'default', name } = gateway.metadata;
  if (!isProgrammed(gateway)) return `${nameOf(gateway)} is not programmed`;
  const listener = gateway.spec.listeners.find((candidate) => takesShop(candidate, isWished));
  if (listener === undefined) return `${nameOf(gateway)} has no such listener`;
  const address = gateway.status?.addresses?.[0]?.value;
  const url =
    gatewayUrl ??
    (address === undefined ? undefined : `http://${address.includes(':') ? `[${address}]` : address}:${listener.port}`);
  if (url === undefined) return `${nameOf(gateway)} has no address in its status; --gateway-url can say it`;
  return { namespace, name, sectionName: listener.name, host: hostFor(listener.hostname), url };
}

/** A listener for one host name belongs to whoever has that name, and one for chosen namespaces to them: both only on request. */
function takesShop({ protocol, hostname, allowedRoutes }: Listener, isWished: boolean): boolean {
  const from = allowedRoutes?.namespaces?.from ?? 'Same';
  const isOpen = from === 'All' || (isWished && from === 'Selector');
  const isForAnyHost = hostname === undefined || hostname.startsWith('*.');
  const kinds = allowedRoutes?.kinds ?? [];
  const takesHttp = protocol === 'HTTP' && (kinds.length === 0 || kinds.some(({ kind }) => kind === 'HTTPRoute'));
  return takesHttp && isOpen && (isForAnyHost || isWished);
}

function hostFor(hostname: string | undefined): string {
  if (hostname === undefined) return 'shop.example';
  return hostname.replace(/^\*/, 'rampart-demo');
}

function nameOf({ metadata }: Gateway): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}
