/**
 * What a data plane needs to exist in the cluster: the CRDs of the experimental channel of the Gateway API (it has TCP and TLS routes), a GatewayClass,
 * one Gateway, and the class of Ingresses that are written for ingress-nginx.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const gatewayClass = 'traefik';
export const ingressClass = 'nginx';
export const gatewayName = { namespace: 'gateway-system', name: 'traefik' } as const;

/** Name of a listener -> its port; Traefik has an entry point for each. */
export interface ListenerPorts {
  /** HTTPRoute and GRPCRoute. */
  readonly web: number;
  /** TCPRoute. */
  readonly tcp: number;
  /** TLSRoute, passed through by server name. */
  readonly tls: number;
}

/**
 * name -> YAML of each CRD in group gateway.networking.k8s.io. `folder`: what the part `gateway-api-crds` resolves to. They are not parsed: the API
 * server reads YAML as well, and faster.
 */
export async function gatewayCrds(folder: string): Promise<ReadonlyMap<string, string>> {
  const channel = join(folder, 'experimental');
  const crds = new Map<string, string>();
  for (const file of (await readdir(channel)).sort()) {
    const name = /^(gateway\.networking\.k8s\.io)_(\w+)\.yaml$/.exec(file);
    if (name === null) continue;
    const text = await readFile(join(channel, file), 'utf8');
    if (text.includes('kind: CustomResourceDefinition')) crds.set(`${name[2]}.${name[1]}`, text);
  }
  return crds;
}

export function gatewayManifests(ports: ListenerPorts): string {
  const { namespace, name } = gatewayName;
  const listener = (listenerName: keyof ListenerPorts, protocol: string, tls = '') =>
    `  - { name: ${listenerName}, port: ${ports[listenerName]}, protocol: ${protocol}, allowedRoutes: { namespaces: { from: All } }${tls} }`;
  return `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: ${gatewayClass} }
spec: { controllerName: traefik.io/gateway-controller }
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: { name: ${ingressClass} }
spec: { controller: k8s.io/ingress-nginx }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  gatewayClassName: ${gatewayClass}
  listeners:
${listener('web', 'HTTP')}
${listener('tcp', 'TCP')}
${listener('tls', 'TLS', ', tls: { mode: Passthrough }')}
`;
}
