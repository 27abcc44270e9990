/** What a Gateway needs to exist in the cluster: the CRDs of the experimental channel (it has TCP and TLS routes), a GatewayClass, one Gateway. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const gatewayClass = 'traefik';
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

/** All CRDs of the experimental channel as one YAML text. `folder`: what the part `gateway-api-crds` resolves to. */
export async function gatewayCrds(folder: string): Promise<string> {
  const channel = join(folder, 'experimental');
  const files = (await readdir(channel)).filter((file) => file.endsWith('.yaml') && file !== 'kustomization.yaml');
  const texts = await Promise.all(files.sort().map((file) => readFile(join(channel, file), 'utf8')));
  return texts.filter((text) => text.includes('kind: CustomResourceDefinition')).join('\n---\n');
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
