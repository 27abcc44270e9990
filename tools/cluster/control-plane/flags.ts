/** The command lines of the control plane, as data: what each program is told and why, where it is not obvious. Starts nothing. */

/** Files and addresses that the command lines need. All paths are absolute. */
export interface ControlPlaneLayout {
  readonly runDir: string;
  readonly etcdUrl: string;
  readonly etcdPeerUrl: string;
  readonly port: number;
  readonly controllerManagerPort: number;
  readonly schedulerPort: number;
  readonly nodeIp: string;
  readonly serviceCidr: string;
  readonly podCidr: string;
  readonly caFile: string;
  readonly servingKeyFile: string;
  readonly servingCertificateFile: string;
  readonly kubeletClientKeyFile: string;
  readonly kubeletClientCertificateFile: string;
  readonly tokenKeyFile: string;
  readonly tokenPublicKeyFile: string;
  readonly controllerManagerKubeconfig: string;
  readonly schedulerKubeconfig: string;
  readonly audit: { readonly policyFile: string; readonly logFile: string } | undefined;
  readonly featureGates: string | undefined;
  readonly storesJson: boolean;
}

export const serviceAccountIssuer = 'https://kubernetes.default.svc.cluster.local';

export function etcdFlags(layout: ControlPlaneLayout): readonly string[] {
  return [
    `--data-dir=${layout.runDir}/etcd`,
    `--listen-client-urls=${layout.etcdUrl}`,
    `--advertise-client-urls=${layout.etcdUrl}`,
    `--listen-peer-urls=${layout.etcdPeerUrl}`,
    `--initial-advertise-peer-urls=${layout.etcdPeerUrl}`,
    `--initial-cluster=default=${layout.etcdPeerUrl}`,
    // Nothing here outlives the run, so nothing has to survive a power cut.
    '--unsafe-no-fsync',
    '--quota-backend-bytes=4294967296',
    '--log-level=warn',
  ];
}

export function apiServerFlags(layout: ControlPlaneLayout): readonly string[] {
  const audit = layout.audit;
  return [
    `--etcd-servers=${layout.etcdUrl}`,
    '--bind-address=0.0.0.0',
    `--secure-port=${layout.port}`,
    `--advertise-address=${layout.nodeIp}`,
    // Its lease would only tell other API servers about this one, and makes every stop wait.
    '--endpoint-reconciler-type=none',
    `--service-cluster-ip-range=${layout.serviceCidr}`,
    `--tls-cert-file=${layout.servingCertificateFile}`,
    `--tls-private-key-file=${layout.servingKeyFile}`,
    `--client-ca-file=${layout.caFile}`,
    '--authorization-mode=RBAC',
    // For logs and exec, where the kubelet serves them.
    `--kubelet-client-key=${layout.kubeletClientKeyFile}`,
    `--kubelet-client-certificate=${layout.kubeletClientCertificateFile}`,
    '--kubelet-preferred-address-types=InternalIP',
    `--service-account-issuer=${serviceAccountIssuer}`,
    `--service-account-signing-key-file=${layout.tokenKeyFile}`,
    `--service-account-key-file=${layout.tokenPublicKeyFile}`,
    '--allow-privileged=true',
    // Tests ask for far more at once than a cluster's users do; fairness between them is still on.
    '--max-requests-inflight=2000',
    '--max-mutating-requests-inflight=1000',
    // A restart must not wait for the watches of clients that are not told.
    '--shutdown-watch-termination-grace-period=0s',
    ...(layout.storesJson ? ['--storage-media-type=application/json'] : []),
    ...(layout.featureGates === undefined ? [] : [`--feature-gates=${layout.featureGates}`]),
    ...(audit === undefined
      ? []
      : // Blocking, so that a request that was answered is in the log.
        [`--audit-policy-file=${audit.policyFile}`, `--audit-log-path=${audit.logFile}`, '--audit-log-mode=blocking']),
  ];
}

/** All that a Rollout and its surroundings can meet; nothing of storage, cloud or node addresses. */
const controllers = [
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemonset-controller',
  'deployment-controller',
  'disruption-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'endpointslice-mirroring-controller',
  'garbage-collector-controller',
  'horizontal-pod-autoscaler-controller',
  'job-controller',
  'namespace-controller',
  // Without it nodes keep the not-ready taint and pods stay Pending.
  'node-lifecycle-controller',
  'pod-garbage-collector-controller',
  'replicaset-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'statefulset-controller',
  'taint-eviction-controller',
  'ttl-after-finished-controller',
  'validatingadmissionpolicy-status-controller',
];

export function controllerManagerFlags(layout: ControlPlaneLayout): readonly string[] {
  return [
    `--kubeconfig=${layout.controllerManagerKubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${layout.controllerManagerPort}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    `--service-account-private-key-file=${layout.tokenKeyFile}`,
    `--root-ca-file=${layout.caFile}`,
    '--use-service-account-credentials=false',
    // Thousands of pods at once must be held up by Rampart, if by anything, not by this.
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
    '--concurrent-replicaset-syncs=20',
    '--concurrent-deployment-syncs=10',
    '--concurrent-namespace-syncs=20',
    // Quota and usage follow within a second in tests.
    '--resource-quota-sync-period=1m',
    '--horizontal-pod-autoscaler-sync-period=2s',
  ];
}

export function schedulerFlags(layout: ControlPlaneLayout): readonly string[] {
  return [
    `--kubeconfig=${layout.schedulerKubeconfig}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${layout.schedulerPort}`,
    '--leader-elect=false',
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
  ];
}
