/** The web provider against a real server: the API server of Kubernetes, by TLS, with a token of a service account, as a template would ask it. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { WebMetric } from '../../src/api/analysis-template.ts';
import { AddressPolicy } from '../../src/providers/metrics/http/address-policy.ts';
import { WebProvider } from '../../src/providers/metrics/web/web-provider.ts';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { createNamespace, deleteNamespace, sharedCluster } from '../support/cluster.ts';
import { type RecordedServer, startRecordedServer } from '../support/recorded-http-server.ts';
import { metricProviderContract } from './metric-provider.ts';

let namespace: string;
let cluster: OpenedCluster;
let provider: WebProvider;
let silent: RecordedServer;
let token: string;

beforeAll(async () => {
  cluster = await sharedCluster();
  namespace = await createNamespace();
  provider = new WebProvider({ policy: new AddressPolicy(), ca: await readFile(cluster.caFile, 'utf8') });
  silent = await startRecordedServer();
  silent.reply = () => undefined;
  await cluster.applyManifests(`{ apiVersion: v1, kind: ServiceAccount, metadata: { name: asker, namespace: ${namespace} } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: asker, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit }
subjects: [{ kind: ServiceAccount, name: asker, namespace: ${namespace} }]
`);
  const kubeconfig: unknown = parse(await readFile(await cluster.serviceAccountKubeconfig(namespace, 'asker'), 'utf8'));
  token = (kubeconfig as { users: [{ user: { token: string } }] }).users[0].user.token;
});

afterAll(async () => {
  provider?.close();
  await Promise.all([silent?.close(), deleteNamespace(namespace)]);
});

const asked = (path: string, more: Partial<WebMetric> = {}): WebMetric => ({
  url: `${cluster.server}${path}`,
  headers: [{ key: 'Authorization', value: `Bearer ${token}` }],
  ...more,
});
const measure = (query: WebMetric) => provider.measure(query, { signal: new AbortController().signal, nowMs: Date.now() });
const configMaps = () => `/api/v1/namespaces/${namespace}/configmaps`;

test('GET, POST and PUT, and what is found in the answers', async () => {
  expect(await measure(asked('/version', { jsonPath: '{.major}' }))).toMatchObject({ result: '1', text: '"1"' });
  expect(await measure(asked('/readyz'))).toMatchObject({ result: 'ok', text: 'ok' });
  const jsonBody = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' }, data: { ratio: '0.9' } };
  expect(await measure(asked(configMaps(), { method: 'POST', jsonBody, jsonPath: '{.metadata.name}' }))).toMatchObject({
    result: 'made',
  });
  const body = JSON.stringify({ ...jsonBody, data: { ratio: '1' } });
  const headers = [
    { key: 'Authorization', value: `Bearer ${token}` },
    { key: 'Content-Type', value: 'application/json' },
  ];
  const put = asked(`${configMaps()}/made`, { method: 'PUT', body, headers, jsonPath: "{.data['ratio']}" });
  expect(await measure(put)).toMatchObject({ result: '1' });
  const jsonPath = '{.items[?(@.metadata.name=="made")].data}';
  expect(await measure(asked(configMaps(), { jsonPath }))).toMatchObject({ result: { ratio: '1' }, text: '{"ratio":"1"}' });
});

test('whom the server does not let in', async () => {
  await expect(measure(asked('/api/v1/nodes'))).rejects.toMatchObject({ code: 'unauthorized' });
  await expect(measure(asked('/api/v1/nodes', { headers: [] }))).rejects.toMatchObject({ code: 'unauthorized' });
});

metricProviderContract<WebMetric>('The API server over the web', () => ({
  provider,
  answered: asked('/version', { jsonPath: '{.gitVersion}' }),
  empty: asked(`${configMaps()}?labelSelector=nobody`, { jsonPath: '{.items}' }),
  refused: asked('/nowhere'),
  unreachable: { url: 'http://127.0.0.1:1' },
  silent: { url: silent.url },
  indiscreet: {
    query: asked('/nowhere', { headers: [{ key: 'Authorization', value: `Bearer ${token}x` }] }),
    secret: `${token}x`,
  },
}));
