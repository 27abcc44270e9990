/** Writes kubeconfig files that carry everything they need, so that they can be copied anywhere. */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

export type Credentials =
  | { readonly kind: 'certificate'; readonly keyPem: string; readonly certificatePem: string }
  | { readonly kind: 'token'; readonly token: string };

export interface KubeconfigContent {
  readonly server: string;
  /** Undefined where the machine's own authorities are meant. */
  readonly caPem: string | undefined;
  readonly user: string;
  readonly credentials: Credentials;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export async function writeKubeconfig(file: string, content: KubeconfigContent): Promise<string> {
  const { credentials } = content;
  const user =
    credentials.kind === 'token'
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.certificatePem),
          'client-key-data': base64(credentials.keyPem),
        };
  const authority = content.caPem === undefined ? {} : { 'certificate-authority-data': base64(content.caPem) };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'rampart', cluster: { server: content.server, ...authority } }],
    users: [{ name: content.user, user }],
    contexts: [{ name: 'rampart', context: { cluster: 'rampart', user: content.user } }],
    'current-context': 'rampart',
  };
  await writeFile(file, stringify(kubeconfig), { mode: 0o600 });
  return file;
}
