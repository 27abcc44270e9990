/**
 * Every flag of `rampart controller`: one table, from which parsing, `--help` and the reference page are made. Names are the
 * incumbent's where they mean the same, so that an existing Deployment's arguments start Rampart.
 */

export interface Flag {
  /** Without the dashes, as written on the command line. */
  readonly name: string;
  readonly short?: string;
  /** Older spellings that are still understood. */
  readonly aliases?: readonly string[];
  readonly kind: 'text' | 'switch' | 'count' | 'duration' | 'list' | 'names' | 'addresses';
  /** As a person would type it; undefined where there is none. */
  readonly default?: string;
  /** The only values that are understood. */
  readonly choices?: readonly string[];
  /** Smallest and largest `count`. */
  readonly range?: readonly [number, number];
  /** Another environment variable than RAMPART_<NAME> that is read as well, after it. */
  readonly environment?: string;
  readonly help: string;
}

export const flags = [
  {
    name: 'kubeconfig',
    kind: 'text',
    help: 'Kubeconfig file. Default: $KUBECONFIG, ~/.kube/config, or the pod’s own account in a cluster.',
  },
  { name: 'context', kind: 'text', help: 'Context of the kubeconfig to use.' },
  { name: 'cluster', kind: 'text', help: 'Cluster of the kubeconfig to use.' },
  { name: 'user', kind: 'text', help: 'User of the kubeconfig to use.' },
  {
    name: 'namespace',
    short: 'n',
    kind: 'text',
    help: 'Namespace to watch with --namespaced, and where the lease lives. Default: the pod’s own, else the context’s, else "default".',
  },
  { name: 'namespaced', kind: 'switch', default: 'false', help: 'Watch one namespace only.' },
  {
    name: 'instance-id',
    kind: 'text',
    help: 'Serve only objects that carry the label argo-rollouts.argoproj.io/controller-instance-id with this value.',
  },
  {
    name: 'prometheus-address',
    kind: 'text',
    environment: 'ARGO_ROLLOUTS_PROMETHEUS_ADDRESS',
    help: 'URL of Prometheus for metrics that name none.',
  },
  {
    name: 'metric-address-allow',
    kind: 'addresses',
    help: 'Comma-separated networks (CIDR), addresses and host names (with *) that metrics of templates may be asked at, and nowhere else. Default: any.',
  },
  {
    name: 'metric-address-deny',
    kind: 'addresses',
    help: 'Comma-separated networks (CIDR), addresses and host names (with *) that metrics of templates must not be asked at.',
  },
  {
    name: 'analysis-job-namespace',
    kind: 'text',
    environment: 'ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE',
    help: 'Namespace in which the Jobs of all analyses run, with its ServiceAccounts and by its rules. Default: each in the namespace of its run.',
  },
  { name: 'qps', kind: 'count', default: '200', range: [1, 10_000], help: 'Requests a second to the Kubernetes API, sustained.' },
  {
    name: 'burst',
    kind: 'count',
    default: '400',
    range: [1, 20_000],
    help: 'Requests to the Kubernetes API at once, before --qps applies.',
  },
  {
    name: 'leader-elect',
    kind: 'switch',
    default: 'true',
    help: 'Take the lease before working, so that several replicas can run.',
  },
  { name: 'leader-election-lease-duration', kind: 'duration', default: '15s', help: 'How long a lease lasts that is not renewed.' },
  {
    name: 'leader-election-renew-deadline',
    kind: 'duration',
    default: '10s',
    help: 'How long the leader tries to renew before it gives up.',
  },
  { name: 'leader-election-retry-period', kind: 'duration', default: '2s', help: 'Pause between two tries.' },
  {
    name: 'identity',
    kind: 'text',
    help: 'Who holds the lease: unique among replicas and, in a pod, its name, so that a restarted container goes on at once. Default: host name and a random part.',
  },
  {
    name: 'bind-address',
    kind: 'text',
    help: 'IP address that metrics and health listen on; the chart gives the pod’s own. Default: all.',
  },
  {
    name: 'metricsPort',
    aliases: ['metricsport', 'metrics-port'],
    kind: 'count',
    default: '8090',
    range: [0, 65_535],
    help: 'Port of /metrics.',
  },
  {
    name: 'healthzPort',
    aliases: ['healthz-port'],
    kind: 'count',
    default: '8080',
    range: [0, 65_535],
    help: 'Port of /healthz and /readyz.',
  },
  {
    name: 'loglevel',
    kind: 'text',
    default: 'info',
    choices: ['debug', 'info', 'warn', 'error'],
    help: 'Smallest level that is logged.',
  },
  { name: 'logformat', kind: 'text', default: 'text', choices: ['text', 'json'], help: 'Logs for people or for machines.' },
  { name: 'rollout-threads', kind: 'count', default: '10', range: [1, 1000], help: 'Rollouts looked at in parallel.' },
  { name: 'analysis-threads', kind: 'count', default: '30', range: [1, 1000], help: 'AnalysisRuns looked at in parallel.' },
  { name: 'experiment-threads', kind: 'count', default: '10', range: [1, 1000], help: 'Experiments looked at in parallel.' },
  {
    name: 'ephemeral-metadata-threads',
    kind: 'count',
    default: '10',
    range: [1, 1000],
    help: 'Rollouts whose pods are worked on in parallel (ephemeral metadata, restarts), and pods written to at once for each.',
  },
  {
    name: 'ephemeral-metadata-update-pod-retries',
    kind: 'count',
    default: '3',
    range: [0, 100],
    help: 'Further tries for a pod whose metadata could not be changed, before it waits for 30 s.',
  },
  { name: 'measurements', kind: 'count', default: '200', range: [1, 10_000], help: 'Measurements under way at once.' },
  {
    name: 'nginx-ingress-classes',
    kind: 'names',
    help: 'Comma-separated classes: an Ingress of another class that a Rollout names for router nginx is refused. Default: any class will do.',
  },
  {
    name: 'nginx-propagation',
    kind: 'duration',
    default: '5s',
    help: 'How long a controller of Ingresses may take to act on a weight: only then does it count as confirmed, since an Ingress does not say.',
  },
  { name: 'controllers', kind: 'list', help: 'Comma-separated list of controllers to run: rollouts, analysis. Default: all.' },
] as const satisfies readonly Flag[];

export type FlagName = (typeof flags)[number]['name'];

/** Flags of the incumbent that mean nothing here: accepted with one warning, so that existing arguments start Rampart. */
export const ignoredFlags: ReadonlyMap<string, string> = new Map([
  ['kloglevel', '--loglevel sets the level of everything that is logged'],
  ['service-threads', 'Services are handled with their Rollout'],
  ['ingress-threads', 'Ingresses are handled with their Rollout'],
  ['rollout-resync', 'nothing is polled: every object is looked at when something changes or is due'],
  ['self-service-notification-enabled', 'notifications are not served by this version'],
  ['enable-pprof-address', 'start node with --inspect to profile the controller'],
  ['alb-ingress-classes', 'AWS load balancers are not served by this version'],
  ['alb-tag-key-resource-id', 'AWS load balancers are not served by this version'],
  ['aws-verify-target-group', 'AWS load balancers are not served by this version'],
  ['aws-target-group-binding-api-version', 'AWS load balancers are not served by this version'],
  ['istio-api-version', 'Istio is not served by this version'],
  ['ambassador-api-version', 'Ambassador is not served by this version'],
  ['appmesh-crd-version', 'App Mesh is not served by this version'],
  ['traffic-split-api-version', 'SMI is not served by this version'],
  ['traefik-api-group', 'TraefikServices are not served by this version; Gateway API routes through Traefik are'],
  ['traefik-api-version', 'TraefikServices are not served by this version; Gateway API routes through Traefik are'],
  ['ingress-api-version', 'Ingresses are read and written as networking.k8s.io/v1'],
  ['request-timeout', 'requests have fixed limits'],
]);
