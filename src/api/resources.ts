/** How the API server addresses every kind that Rampart reads or writes, with the shape of its objects. */
import type { AnalysisRun } from './analysis-run.ts';
import type { AnalysisTemplate, ClusterAnalysisTemplate } from './analysis-template.ts';
import type { Experiment } from './experiment.ts';
import type { EndpointSlice, Job, KubeObject, ReplicaSet, Resource, Service, Workload } from './kubernetes.ts';
import { argoGroup, argoVersion } from './names.ts';
import type { Rollout } from './rollout.ts';

function argo<T extends KubeObject>(kind: string, plural: string, namespaced = true): Resource<T> {
  return { group: argoGroup, version: argoVersion, kind, plural, namespaced };
}

function namespaced<T extends KubeObject>(group: string, version: string, kind: string, plural: string): Resource<T> {
  return { group, version, kind, plural, namespaced: true };
}

export const rollouts = argo<Rollout>('Rollout', 'rollouts');
export const analysisTemplates = argo<AnalysisTemplate>('AnalysisTemplate', 'analysistemplates');
export const clusterAnalysisTemplates = argo<ClusterAnalysisTemplate>('ClusterAnalysisTemplate', 'clusteranalysistemplates', false);
export const analysisRuns = argo<AnalysisRun>('AnalysisRun', 'analysisruns');
export const experiments = argo<Experiment>('Experiment', 'experiments');

export const replicaSets = namespaced<ReplicaSet>('apps', 'v1', 'ReplicaSet', 'replicasets');
/** As what a `workloadRef` may name; of a Deployment also the size is written. */
export const deployments = namespaced<Workload>('apps', 'v1', 'Deployment', 'deployments');
export const replicaSetWorkloads = namespaced<Workload>('apps', 'v1', 'ReplicaSet', 'replicasets');
export const podTemplates = namespaced<Workload>('', 'v1', 'PodTemplate', 'podtemplates');
export const services = namespaced<Service>('', 'v1', 'Service', 'services');
export const endpointSlices = namespaced<EndpointSlice>('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices');
export const pods = namespaced('', 'v1', 'Pod', 'pods');
export const events = namespaced('', 'v1', 'Event', 'events');
export const jobs = namespaced<Job>('batch', 'v1', 'Job', 'jobs');
export const secrets = namespaced('', 'v1', 'Secret', 'secrets');

export const ingresses = namespaced('networking.k8s.io', 'v1', 'Ingress', 'ingresses');

const GATEWAY_GROUP = 'gateway.networking.k8s.io';
export const httpRoutes = namespaced(GATEWAY_GROUP, 'v1', 'HTTPRoute', 'httproutes');
export const grpcRoutes = namespaced(GATEWAY_GROUP, 'v1', 'GRPCRoute', 'grpcroutes');
export const tcpRoutes = namespaced(GATEWAY_GROUP, 'v1', 'TCPRoute', 'tcproutes');
export const tlsRoutes = namespaced(GATEWAY_GROUP, 'v1', 'TLSRoute', 'tlsroutes');
export const gateways = namespaced(GATEWAY_GROUP, 'v1', 'Gateway', 'gateways');
export const gatewayClasses: Resource = {
  group: GATEWAY_GROUP,
  version: 'v1',
  kind: 'GatewayClass',
  plural: 'gatewayclasses',
  namespaced: false,
};
