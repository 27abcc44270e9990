/**
 * Traefik as data plane on the node's own IP: for the Gateway API, and for Ingresses of class nginx, whose annotations it carries out. Settles
 * when its Gateway is programmed; routes are their writers' affair. It takes over changes of routes and endpoints at once instead of after its
 * usual two seconds.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterAccess, Traefik } from '../contract.ts';
import { KubeApi, readCredentials } from '../kubelet/kube-api.ts';
import { offerMetrics } from '../prometheus/scrape-offer.ts';
import { gatewayClass, gatewayCrds, gatewayManifests, gatewayName, type ListenerPorts } from './gateway-manifests.ts';

/** The Gateway that routes name as their parent, with a port for each kind of route. */
export interface TraefikGateway extends Traefik {
  readonly gateway: { readonly namespace: string; readonly name: string };
  readonly ports: ListenerPorts;
}

interface GatewayObject {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly observedGeneration?: number }[];
  };
}

const programmedWithinMs = 30_000;

/** Throws, naming the log, when Traefik ends or its Gateway is not programmed within 30 s. */
export async function startTraefik(access: ClusterAccess): Promise<TraefikGateway> {
  const ports = { web: await access.freePort(), tcp: await access.freePort(), tls: await access.freePort() };
  const metricsPort = await access.freePort();
  const kubeconfig = await access.kubeconfigFor('traefik', ['system:masters']);
  const api = new KubeApi(await readCredentials(kubeconfig));
  await applyCrds(api, await gatewayCrds(await access.partPath('gateway-api-crds')));
  await access.applyManifests(gatewayManifests(ports));
  const traefik = await access.spawn({
    name: 'traefik',
    command: await access.partPath('traefik'),
    args: traefikFlags(access.nodeIp, ports, metricsPort),
    env: { KUBECONFIG: kubeconfig, PATH: process.env.PATH ?? '' },
  });
  try {
    await untilProgrammed(api, () => traefik.running);
  } catch (error) {
    await traefik.stop();
    throw new Error(`Traefik did not come up: ${String(error)}; its log is ${traefik.logFile}.`, { cause: error });
  } finally {
    await api.close();
  }
  await offerMetrics(access.runDir, 'traefik', `${access.nodeIp}:${metricsPort}`);
  return {
    name: 'traefik',
    logs: [traefik.logFile],
    httpUrl: `http://${access.nodeIp}:${ports.web}`,
    metricsUrl: `http://${access.nodeIp}:${metricsPort}/metrics`,
    gatewayClass,
    gateway: gatewayName,
    ports,
    stop: async () => {
      await traefik.stop();
    },
  };
}

async function applyCrds(api: KubeApi, crds: ReadonlyMap<string, string>): Promise<void> {
  const collection = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const query = 'fieldManager=rampart-cluster&force=true';
  const apply = ([name, text]: readonly [string, string]) =>
    api.send('PATCH', `${collection}/${name}?${query}`, text, 'application/apply-patch+yaml');
  await Promise.all([...crds].map(apply));
}

function traefikFlags(ip: string, ports: ListenerPorts, metricsPort: number): readonly string[] {
  return [
    `--entrypoints.web.address=${ip}:${ports.web}`,
    `--entrypoints.tcp.address=${ip}:${ports.tcp}`,
    `--entrypoints.tls.address=${ip}:${ports.tls}`,
    `--entrypoints.traefik.address=${ip}:${metricsPort}`,
    '--providers.kubernetesgateway=true',
    '--providers.kubernetesgateway.experimentalchannel=true',
    '--providers.kubernetesgateway.qps=200',
    '--providers.kubernetesgateway.burst=400',
    `--providers.kubernetesgateway.statusaddress.ip=${ip}`,
    '--providers.kubernetesingressnginx=true',
    '--providers.kubernetesingressnginx.httpentrypoint=web',
    '--providers.providersthrottleduration=20ms',
    '--metrics.prometheus=true',
    '--metrics.prometheus.addserviceslabels=true',
    '--metrics.prometheus.buckets=0.005,0.01,0.025,0.05,0.1,0.25,0.5,1,2.5',
    '--ping=true',
    '--log.level=INFO',
    '--global.checknewversion=false',
    '--global.sendanonymoususage=false',
  ];
}

async function untilProgrammed(api: KubeApi, isRunning: () => boolean): Promise<void> {
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${gatewayName.namespace}/gateways/${gatewayName.name}`;
  let last = 'no status yet';
  for (const until = Date.now() + programmedWithinMs; Date.now() < until; ) {
    if (!isRunning()) throw new Error('it ended');
    const { metadata, status } = await api.get<GatewayObject>(path);
    const conditions = (status?.conditions ?? []).filter(({ observedGeneration }) => observedGeneration === metadata.generation);
    const holds = (type: string) => conditions.some((condition) => condition.type === type && condition.status === 'True');
    if (holds('Accepted') && holds('Programmed')) return;
    last = JSON.stringify(conditions);
    await delay(50);
  }
  throw new Error(`its Gateway is not programmed: ${last}`);
}
