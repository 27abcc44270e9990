/**
 * A door to a running cluster for any process in its network namespace, made from a description that can be sent as JSON: the process that started the
 * cluster, a component, or a test worker that was handed it.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificateSubject, ClusterAccess, ProcessSpec, SupervisedProcess } from './contract.ts';
import type { KeyAndCertificate } from './control-plane/certificates.ts';
import { CertificateAuthority } from './control-plane/certificates.ts';
import type { Credentials } from './control-plane/kubeconfig.ts';
import { writeKubeconfig } from './control-plane/kubeconfig.ts';
import { applyManifests, loadKubeConfig, requestToken } from './objects.ts';
import { freePort } from './ports.ts';
import { spawnSupervised } from './process.ts';
import { partPath } from './provision/provision.ts';

/** Plain data; see ClusterAccess for what each field means. */
export interface ClusterDescription {
  readonly server: string;
  readonly runDir: string;
  readonly podCidr: string;
  readonly nodeIp: string;
  readonly serviceCidr: string;
  readonly auditLog: string | undefined;
}

export interface OpenedCluster extends ClusterAccess {
  readonly description: ClusterDescription;
  /** Kubeconfig file of a service account, by a token that is good for an hour. Throws when the account does not exist. */
  serviceAccountKubeconfig(namespace: string, serviceAccount: string): Promise<string>;
}

const tokenSeconds = 3600;

export async function openCluster(description: ClusterDescription): Promise<OpenedCluster> {
  const { runDir, server } = description;
  const caFile = join(runDir, 'ca.crt');
  const adminKubeconfig = join(runDir, 'admin.kubeconfig');
  const caPem = await readFile(caFile, 'utf8');
  const admin = loadKubeConfig(adminKubeconfig);
  const kubeconfigFile = (user: string): string => join(runDir, `${user.replaceAll(/[^\w.@-]/g, '_')}-${process.pid}.kubeconfig`);
  const write = async (user: string, credentials: Credentials): Promise<string> =>
    await writeKubeconfig(kubeconfigFile(user), { server, caPem, user, credentials });
  const issue = async (subject: CertificateSubject): Promise<KeyAndCertificate> => {
    const keyPem = await readFile(join(runDir, 'ca.key'), 'utf8');
    const authority = await CertificateAuthority.load({ keyPem, certificatePem: caPem });
    return await authority.issue(subject);
  };
  return {
    ...description,
    description,
    caFile,
    adminKubeconfig,
    partPath: async (part) => await partPath(part),
    freePort,
    spawn: async (spec: ProcessSpec): Promise<SupervisedProcess> =>
      await spawnSupervised({ ...spec, logFile: spec.logFile ?? join(runDir, `${spec.name}.log`) }),
    applyManifests: async (yaml) => await applyManifests(admin, yaml),
    kubeconfigFor: async (user, groups) =>
      await write(user, { kind: 'certificate', ...(await issue({ commonName: user, groups })) }),
    issueCertificate: issue,
    serviceAccountKubeconfig: async (namespace, serviceAccount) => {
      const token = await requestToken(admin, { namespace, serviceAccount, expirationSeconds: tokenSeconds });
      return await write(`system:serviceaccount:${namespace}:${serviceAccount}`, { kind: 'token', token });
    },
  };
}

/** Saved beside the cluster's files, so that another terminal in the same namespace can open it. */
export async function saveDescription(description: ClusterDescription): Promise<void> {
  await writeFile(join(description.runDir, 'cluster.json'), `${JSON.stringify(description, undefined, 2)}\n`);
}
