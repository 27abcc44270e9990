/**
 * What the halves of the embedded Kubernetes agree on: the control plane (cluster.ts) hands a ClusterAccess to everything that runs beside it
 * (kubelets, Traefik, Prometheus), and each of those answers with a Component. Only types live here; who implements what is said at each.
 */

/** A pinned part. Executables resolve to a file; `gateway-api-crds`, `kwok-stages`, `argo-cd-scripts` and `docker-engine` resolve to a folder of files. */
export type PartName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'helm'
  | 'kubectl'
  | 'traefik'
  | 'prometheus'
  | 'gateway-api-crds'
  | 'kwok-stages'
  | 'kubectl-argo-rollouts'
  | 'argo-cd-scripts'
  | 'glua'
  | EnginePart
  | GateTool;

/** What the image is tried on where no Docker engine answers: a folder with an engine in it, and a small Debian as a tar file. */
export type EnginePart = 'docker-engine' | 'debian-base';

/** What `npm run gates` runs. */
export type GateTool = 'actionlint' | 'checkov' | 'gitleaks' | 'hadolint' | 'kubectl-validate' | 'semgrep' | 'zizmor';

export type KubeletKind = 'none' | 'kwok' | 'process';

/** One process of a cluster. It ends with its parent, also when the parent dies by SIGKILL. */
export interface ProcessSpec {
  /** Names the log file `<runDir>/<name>.log`, so it is unique in a cluster; slashes are not allowed. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process; absent means the parent's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where stdout and stderr go, appended; `<runDir>/<name>.log` when absent. */
  readonly logFile?: string;
}

export interface ProcessExit {
  /** Exit code, or null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SupervisedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles once, when the process has ended; never rejects. */
  readonly exited: Promise<ProcessExit>;
  /** True from start until the process has ended. */
  readonly running: boolean;
  /** Sends the signal to the process; nothing happens when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after graceMs (5000 when absent); settles when it has ended. */
  stop(graceMs?: number): Promise<ProcessExit>;
}

/** Whom a certificate of the cluster's own authority is for; it is good for serving and for authenticating as a client. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly groups?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
}

/** What a component needs to join a cluster. Every address in it is reachable from inside the cluster's network namespace only. */
export interface ClusterAccess {
  /** https://127.0.0.1:<port>. The certificate is also good for nodeIp, localhost and kubernetes.default.svc. */
  readonly server: string;
  readonly caFile: string;
  /** Kubeconfig file of a member of system:masters. */
  readonly adminKubeconfig: string;
  /** Folder of this run: logs, certificates, kubeconfigs. Gone after stop() unless the run failed or was asked to keep it. */
  readonly runDir: string;
  /** For example 10.244.0.0/16: every address in it is local in the namespace, and no other cluster there uses it. */
  readonly podCidr: string;
  /** First address of podCidr, for example 10.244.0.1: the node's own. Kubelets give pods addresses from <prefix>.1.0 upwards. */
  readonly nodeIp: string;
  /** Cluster IPs come from here; nothing answers on them (there is no kube-proxy). */
  readonly serviceCidr: string;
  partPath(part: PartName): Promise<string>;
  /** Starts a process that ends with this one. Throws when the command cannot be started. */
  spawn(spec: ProcessSpec): Promise<SupervisedProcess>;
  /** A TCP port free on 127.0.0.1 and on nodeIp at the time of the call, not given out twice by this process. */
  freePort(): Promise<number>;
  /** Server-side apply of one or more YAML documents, in order, as the admin. Retries while a CRD among them is being established. */
  applyManifests(yaml: string): Promise<void>;
  /** Kubeconfig file for a user of these groups, by client certificate. */
  kubeconfigFor(user: string, groups: readonly string[]): Promise<string>;
  /** PEM key and certificate, signed by the authority of caFile; for servers (a kubelet's, a webhook's) and clients. */
  issueCertificate(subject: CertificateSubject): Promise<{ readonly keyPem: string; readonly certificatePem: string }>;
}

/** Something that runs beside the control plane. */
export interface Component {
  readonly name: string;
  /** Log files of it, for messages and for reading after a failure. */
  readonly logs: readonly string[];
  stop(): Promise<void>;
}

/** A program a pod's container stands for, for the process kubelet: an image name (without tag or digest) -> what really runs. */
export interface ImageProgram {
  /** Executable used when the container has no `command`; also what `command[0]` is replaced by when it is listed in `commands`. */
  readonly executable: string;
  readonly args: readonly string[];
}

export interface ProcessKubeletOptions {
  readonly nodeName: string;
  /** Image without tag and digest -> program; an image that is not here gives ErrImagePull, as an image that does not exist would. */
  readonly images: Readonly<Record<string, ImageProgram>>;
}

export interface Traefik extends Component {
  /** Inside the namespace, http://nodeIp:<port>: the entry point of HTTP routes. */
  readonly httpUrl: string;
  /** Inside the namespace: Prometheus metrics of Traefik, http://nodeIp:<port>/metrics. */
  readonly metricsUrl: string;
  /** The GatewayClass it serves. */
  readonly gatewayClass: string;
}

export interface Prometheus extends Component {
  /** Inside the namespace, http://nodeIp:<port>: the query API. */
  readonly url: string;
}

export interface PrometheusOptions {
  readonly scrapeIntervalMs: number;
  /** Further scrape targets by job name -> host:port list; annotated pods are discovered without being named here. */
  readonly targets?: Readonly<Record<string, readonly string[]>>;
}
