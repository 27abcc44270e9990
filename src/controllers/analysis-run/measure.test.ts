import { describe, expect, it } from 'vitest';
import type { SecretArgument } from '../../core/analysis/run-plan.ts';
import { type MetricProvider, MetricProviderError } from '../../providers/metrics/metric-provider.ts';
import { ApiError, type Cluster } from '../../runtime/cluster.ts';
import { createMeasure } from './measure.ts';

const run = { key: 'shop/run', namespace: 'shop', name: 'run', uid: 'u' };
const secret = (argument: string, secretKey = argument): SecretArgument => ({ argument, secretName: 'login', secretKey });
const encode = (text: string) => Buffer.from(text).toString('base64');

/** A cluster that holds one Secret, and says who asked for what. */
function clusterWith(data: Readonly<Record<string, string>>): { cluster: Pick<Cluster, 'get'>; asked: string[] } {
  const asked: string[] = [];
  const get = ((resource, key) => {
    asked.push(`${resource.plural} ${key.namespace}/${key.name}`);
    const object = { metadata: { name: key.name }, data: Object.fromEntries(Object.entries(data).map(([k, v]) => [k, encode(v)])) };
    return Promise.resolve(key.name === 'login' ? object : undefined);
  }) as Cluster['get'];
  return { cluster: { get }, asked };
}

const refusing = (message: string): Pick<Cluster, 'get'> => ({
  get: () => Promise.reject(new ApiError('forbidden', message, { status: 403 })),
});

async function measureWith(cluster: Pick<Cluster, 'get'>, provider: MetricProvider, secrets: readonly SecretArgument[]) {
  const block = { query: '{{args.plain}}', headers: [{ key: 'auth', value: 'Bearer {{args.token}}' }] };
  const measure = createMeasure(cluster, new Map([['prometheus', provider]]));
  const query = { block, args: new Map([['plain', 'up']]), secrets };
  return await measure(
    run,
    { metric: 'm', provider: 'prometheus', query, dueAtMs: 0, ordinal: 1 },
    { signal: new AbortController().signal, nowMs: 0 },
  );
}

describe('one measurement', () => {
  it('gives the provider the secret and nobody else', async () => {
    const { cluster, asked } = clusterWith({ token: 's3cr&t "x"' });
    const seen: unknown[] = [];
    const provider: MetricProvider = {
      describe: (query) => ({ query: JSON.stringify(query) }),
      measure: (query) => {
        seen.push(query);
        const text = `echo ${JSON.stringify(query)} ${encodeURIComponent('s3cr&t "x"')}`;
        return Promise.resolve({ kind: 'value', result: 1, text, metadata: { url: 's3cr&t "x"' } });
      },
    };
    const answer = await measureWith(cluster, provider, [secret('token')]);
    expect(seen).toEqual([{ query: 'up', headers: [{ key: 'auth', value: 'Bearer s3cr&t "x"' }] }]);
    expect(asked).toEqual(['secrets shop/login']);
    expect(answer.description).toEqual({ query: '{"query":"up","headers":[{"key":"auth","value":"Bearer *****"}]}' });
    expect(JSON.stringify(answer)).not.toMatch(/s3cr/);
    expect(answer.outcome).toMatchObject({ kind: 'measured', value: { metadata: { url: '*****' } } });
  });

  it('asks nobody where the arguments make too much', async () => {
    const { cluster } = clusterWith({ token: 'hunter2' });
    const provider: MetricProvider = { measure: () => Promise.reject(new Error('asked')) };
    const block = { query: '{{args.plain}}'.repeat(2000) };
    const query = { block, args: new Map([['plain', 'x'.repeat(1000)]]), secrets: [] };
    const measure = createMeasure(cluster, new Map([['prometheus', provider]]));
    const request = { metric: 'm', provider: 'prometheus', query, dueAtMs: 0, ordinal: 1 };
    expect(await measure(run, request, { signal: new AbortController().signal, nowMs: 0 })).toEqual({
      outcome: { kind: 'error', message: 'the arguments make more than 1000000 characters of the query' },
    });
  });

  it('clears what a provider complains of', async () => {
    const { cluster } = clusterWith({ token: 'hunter2' });
    const provider: MetricProvider = {
      measure: () => Promise.reject(new MetricProviderError('unauthorized', 'the server refused hunter2')),
    };
    const answer = await measureWith(cluster, provider, [secret('token')]);
    expect(answer.outcome).toEqual({ kind: 'error', message: 'the server refused *****' });
  });

  it('reads no Secret that no argument comes from', async () => {
    const { cluster, asked } = clusterWith({});
    await measureWith(cluster, { measure: () => Promise.resolve({ kind: 'value', result: 1, text: '1' }) }, []);
    expect(asked).toEqual([]);
  });

  const silent: MetricProvider = { measure: () => Promise.reject(new Error('must not be asked')) };

  it.each([
    ['the key', secret('token', 'other'), "args.token: Secret 'login' has no key 'other'"],
    [
      'the Secret',
      { argument: 'token', secretName: 'gone', secretKey: 'k' },
      "args.token: Secret 'gone' not found in namespace 'shop'",
    ],
  ])('says when %s is missing', async (_, argument, message) => {
    const answer = await measureWith(clusterWith({ token: 'x' }).cluster, silent, [argument]);
    expect(answer.outcome).toEqual({ kind: 'error', message });
  });

  it.each([
    ['User "system:serviceaccount:delivery:rampart" cannot get', '--serviceaccount=delivery:rampart'],
    ['User "jane" cannot get', '--user=jane'],
    ['Forbidden', '--serviceaccount=<namespace>:<service account of Rampart>'],
  ])('says how to allow it, where the API server answers %s', async (refusal, subject) => {
    const answer = await measureWith(refusing(refusal), silent, [secret('token')]);
    expect(answer.outcome).toEqual({
      kind: 'error',
      message: [
        "args.token: Rampart may not read Secret 'login' in namespace 'shop'. To allow it, and nothing else:",
        'kubectl -n shop create role rampart-read-login --verb=get --resource=secrets --resource-name=login &&',
        `kubectl -n shop create rolebinding rampart-read-login --role=rampart-read-login ${subject}`,
      ].join(' '),
    });
  });
});
