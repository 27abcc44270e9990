/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler for one cluster and waits until a pod could be made in it. Writes the
 * certificates and kubeconfigs into the run directory. Knows nothing of kubelets or of what runs beside the control plane.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SupervisedProcess } from '../contract.ts';
import { freePort } from '../ports.ts';
import { spawnSupervised } from '../process.ts';
import { partPath } from '../provision/provision.ts';
import type { AuditLevel } from './audit.ts';
import { auditPolicy } from './audit.ts';
import type { KeyAndCertificate } from './certificates.ts';
import { CertificateAuthority, generateKeyPair } from './certificates.ts';
import type { ControlPlaneLayout } from './flags.ts';
import { apiServerFlags, controllerManagerFlags, etcdFlags, schedulerFlags } from './flags.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { untilReady } from './readiness.ts';

export interface ControlPlaneOptions {
  readonly runDir: string;
  readonly nodeIp: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly audit: AuditLevel | undefined;
  readonly featureGates: string | undefined;
  readonly storesJson: boolean;
}

export interface ControlPlane {
  readonly server: string;
  readonly authority: CertificateAuthority;
  readonly auditLog: string | undefined;
  readonly etcdUrl: string;
  /** Running ones, in the order of their start. */
  processes(): readonly SupervisedProcess[];
  /** Stops the API server (SIGKILL when asked for) and starts it again on the same port; settles when it is ready. */
  restartApiServer(options?: { readonly kill?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

const drainMs = 1000;
const servingNames = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const authority = await CertificateAuthority.create('rampart-embedded-cluster');
  const layout = await layOut(options);
  const server = `https://127.0.0.1:${layout.port}`;
  const admin = await writeFiles(options, layout, authority, server);

  const start = async (name: 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler', args: readonly string[]) =>
    await spawnSupervised({ name, command: await partPath(name), args, logFile: join(options.runDir, `${name}.log`) });
  const processes = new Map<string, SupervisedProcess>();
  const apiServerReady = async (process: SupervisedProcess): Promise<void> => {
    await untilReady({ url: `${server}/readyz`, caPem: authority.certificatePem, verify: true, ...admin }, process);
  };

  const stop = async (): Promise<void> => {
    for (const process of [...processes.values()].reverse()) {
      // Nothing is kept, so nothing has to be saved; only what looks at the others is asked to go first.
      process.kill('SIGKILL');
      await process.exited;
    }
  };
  try {
    processes.set('etcd', await start('etcd', etcdFlags(layout)));
    const apiServer = await start('kube-apiserver', apiServerFlags(layout));
    processes.set('kube-apiserver', apiServer);
    await apiServerReady(apiServer);
    const manager = await start('kube-controller-manager', controllerManagerFlags(layout));
    const scheduler = await start('kube-scheduler', schedulerFlags(layout));
    processes.set('kube-controller-manager', manager).set('kube-scheduler', scheduler);
    const anonymous = { caPem: authority.certificatePem, verify: false };
    await untilReady({ ...anonymous, url: `https://127.0.0.1:${layout.controllerManagerPort}/healthz` }, manager);
    await untilReady({ ...anonymous, url: `https://127.0.0.1:${layout.schedulerPort}/readyz` }, scheduler);
    // Admission refuses pods until the namespace has its account.
    const account = `${server}/api/v1/namespaces/default/serviceaccounts/default`;
    await untilReady({ url: account, caPem: authority.certificatePem, verify: true, ...admin }, manager);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    server,
    authority,
    auditLog: layout.audit?.logFile,
    etcdUrl: layout.etcdUrl,
    processes: () => [...processes.values()].filter((process) => process.running),
    restartApiServer: async ({ kill = false } = {}) => {
      const old = processes.get('kube-apiserver');
      if (kill) old?.kill('SIGKILL');
      // Open watches would keep it for a minute.
      await old?.stop(drainMs);
      const next = await start('kube-apiserver', apiServerFlags(layout));
      processes.set('kube-apiserver', next);
      await apiServerReady(next);
    },
    stop,
  };
}

async function layOut(options: ControlPlaneOptions): Promise<ControlPlaneLayout> {
  const file = (name: string): string => join(options.runDir, name);
  return {
    runDir: options.runDir,
    etcdUrl: `http://127.0.0.1:${await freePort()}`,
    etcdPeerUrl: `http://127.0.0.1:${await freePort()}`,
    port: await freePort(),
    controllerManagerPort: await freePort(),
    schedulerPort: await freePort(),
    nodeIp: options.nodeIp,
    serviceCidr: options.serviceCidr,
    podCidr: options.podCidr,
    caFile: file('ca.crt'),
    servingKeyFile: file('serving.key'),
    servingCertificateFile: file('serving.crt'),
    kubeletClientKeyFile: file('kubelet-client.key'),
    kubeletClientCertificateFile: file('kubelet-client.crt'),
    tokenKeyFile: file('tokens.key'),
    tokenPublicKeyFile: file('tokens.pub'),
    controllerManagerKubeconfig: file('controller-manager.kubeconfig'),
    schedulerKubeconfig: file('scheduler.kubeconfig'),
    audit: options.audit === undefined ? undefined : { policyFile: file('audit-policy.yaml'), logFile: file('audit.log') },
    featureGates: options.featureGates,
    storesJson: options.storesJson,
  };
}

/** Everything the programs read. Gives back the certificate of an admin. */
async function writeFiles(
  options: ControlPlaneOptions,
  layout: ControlPlaneLayout,
  authority: CertificateAuthority,
  server: string,
): Promise<KeyAndCertificate> {
  const secret = { mode: 0o600 };
  const firstServiceIp = layout.serviceCidr.replace(/0\/\d+$/, '1');
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    dnsNames: servingNames,
    ipAddresses: ['127.0.0.1', layout.nodeIp, firstServiceIp],
  });
  const kubeletClient = await authority.issue({ commonName: 'kube-apiserver-kubelet-client', groups: ['system:masters'] });
  const tokens = await generateKeyPair();
  await Promise.all([
    writeFile(layout.caFile, authority.certificatePem),
    authority.keyPem().then((pem) => writeFile(join(options.runDir, 'ca.key'), pem, secret)),
    writeFile(layout.servingCertificateFile, serving.certificatePem),
    writeFile(layout.servingKeyFile, serving.keyPem, secret),
    writeFile(layout.kubeletClientCertificateFile, kubeletClient.certificatePem),
    writeFile(layout.kubeletClientKeyFile, kubeletClient.keyPem, secret),
    writeFile(layout.tokenKeyFile, tokens.privatePem, secret),
    writeFile(layout.tokenPublicKeyFile, tokens.publicPem),
    ...(layout.audit === undefined || options.audit === undefined
      ? []
      : [writeFile(layout.audit.policyFile, auditPolicy(options.audit))]),
  ]);
  const issue = async (file: string, user: string, groups: readonly string[]): Promise<KeyAndCertificate> => {
    const issued = await authority.issue({ commonName: user, groups });
    await writeKubeconfig(file, { server, caPem: authority.certificatePem, user, credentials: { kind: 'certificate', ...issued } });
    return issued;
  };
  // The controllers share one identity here, so it may do what all of them together may.
  await issue(layout.controllerManagerKubeconfig, 'system:kube-controller-manager', ['system:masters']);
  await issue(layout.schedulerKubeconfig, 'system:kube-scheduler', []);
  return await issue(join(options.runDir, 'admin.kubeconfig'), 'admin', ['system:masters']);
}
