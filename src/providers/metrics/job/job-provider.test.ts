import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryCluster } from '../../../../test/support/memory-cluster.ts';
import type { JobMetric } from '../../../api/analysis-template.ts';
import type { Job, PodOfJob } from '../../../api/kubernetes.ts';
import { jobs } from '../../../api/resources.ts';
import type { SecretArgument } from '../../../core/analysis/run-plan.ts';
import { ApiError } from '../../../runtime/cluster.ts';
import { MetricProviderError } from '../metric-provider.ts';
import { endOf } from './job-end.ts';
import { jobName, jobOf } from './job-object.ts';
import { JobProvider } from './job-provider.ts';
import { referToSecrets } from './secret-references.ts';

const uid = 'e37d1e1a-7f4e-4f4f-8a41-0c2f3b6a9d10';
const run = { namespace: 'shop', name: 'run', uid };
const origin = { run, metric: 'tests', ordinal: 1 };
const pod = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'tests' }] };
const block: JobMetric = { spec: { template: { spec: pod } } };
const context = { signal: new AbortController().signal, nowMs: 0 };

describe('the name of a Job', () => {
  it.each<[string, number, string]>([
    ['tests', 1, `${uid}.tests.1`],
    ['smoke-tests', 12, `${uid}.smoke-tests.12`],
    ['exactly-as-long-as-it-fits', 1, `${uid}.exactly-as-long-a-`],
    ['Load_Test', 1, `${uid}.load-test-`],
    ['---', 1, `${uid}.`],
    ['ünïcode', 1, `${uid}.n-code-`],
  ])('%s, %i', (metric, ordinal, begin) => {
    const name = jobName({ ...origin, metric, ordinal });
    expect(name.slice(0, begin.length)).toBe(begin);
    expect(name.length).toBeLessThanOrEqual(63);
    expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    expect(name.endsWith(`.${ordinal}`)).toBe(true);
  });

  it('keeps metrics apart that begin alike or differ in case', () => {
    const names = [
      'integration-tests-of-checkout-eu',
      'integration-tests-of-checkout-us',
      'Tests',
      'tests',
      'TESTS',
      'te.sts',
      'te-sts',
    ];
    expect(new Set(names.map((metric) => jobName({ ...origin, metric }))).size).toBe(names.length);
  });
});

describe('the Job', () => {
  const podOf = (spec: object): object | undefined => {
    const job = jobOf({ spec: { template: { spec: { ...pod, ...spec } } } }, origin, 'shop');
    return (job.spec?.template as { spec: object } | undefined)?.spec;
  };

  it.each<[string, object, unknown]>([
    ['names no account', {}, false],
    ['names one', { serviceAccountName: 'tester' }, undefined],
    ['names one in the old way', { serviceAccount: 'tester' }, undefined],
    ['wants the token', { automountServiceAccountToken: true }, true],
    ['wants none', { serviceAccountName: 'tester', automountServiceAccountToken: false }, false],
  ])('whose author %s', (_, spec, token) => {
    expect(podOf(spec)).toEqual({ ...pod, ...spec, ...(token === undefined ? {} : { automountServiceAccountToken: token }) });
  });

  it('wears what its author gave it, and what says whose it is', () => {
    const labels = { team: 'a', 'analysisrun.argoproj.io/uid': 'another' };
    const job = jobOf(
      { ...block, metadata: { labels, annotations: { why: 'x' } } },
      { ...origin, run: { ...run, instanceId: 'i' } },
      'shop',
    );
    expect(job.metadata.labels).toEqual({
      team: 'a',
      'analysisrun.argoproj.io/uid': uid,
      'argo-rollouts.argoproj.io/controller-instance-id': 'i',
    });
    expect(job.metadata.annotations).toMatchObject({ why: 'x', 'analysisrun.argoproj.io/metric-name': 'tests' });
  });
});

describe('the provider', () => {
  let server: MemoryCluster;
  let provider: JobProvider;
  beforeEach(() => {
    server = new MemoryCluster();
    provider = new JobProvider({ cluster: server, watched: () => undefined });
  });
  const foreign = (namespace: string, labels: Record<string, string> = {}): Job =>
    server.put(jobs, { metadata: { namespace, name: 'victim', labels } }) as Job;
  const complaint = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof MetricProviderError)) throw new Error(`expected a MetricProviderError, got ${String(error)}`);
    return error.message;
  };

  it('begins one Job for each origin, however often it is asked', async () => {
    const first = await provider.begin(block, origin, context);
    expect(await provider.begin(block, origin, context)).toEqual(first);
    expect(server.objects(jobs)).toHaveLength(1);
  });

  it.each<[string, string, Record<string, string>]>([
    ['of another namespace, even with the label of this run', 'other', { 'analysisrun.argoproj.io/uid': uid }],
    ['of this namespace that is of nobody', 'shop', {}],
    ['of another run', 'shop', { 'analysisrun.argoproj.io/uid': 'another' }],
  ])('neither reads nor deletes a Job %s that someone wrote into a status', async (_, namespace, labels) => {
    foreign(namespace, labels);
    const metadata = { 'job-name': 'victim', 'job-namespace': namespace };
    expect(await complaint(provider.resume(metadata, run, context))).toMatch(/is gone from|names no Job in namespace shop/);
    await provider.cancel(metadata, run);
    expect(server.objects(jobs)).toHaveLength(1);
    const seeing = new JobProvider({ cluster: server, watched: () => finished(labels) });
    expect(seeing.hasEnded(metadata, run)).toBe(false);
  });

  const finished = (labels: Record<string, string>): Job => ({
    metadata: { name: 'victim', labels },
    status: { conditions: [{ type: 'Complete', status: 'True' }] },
  });

  it('deletes nothing for a run without identity', async () => {
    foreign('shop', { 'analysisrun.argoproj.io/uid': '' });
    await provider.cancel({ 'job-name': 'victim' }, { ...run, uid: '' });
    expect(server.objects(jobs)).toHaveLength(1);
  });

  it('complains of a Job under its name that is of somebody else', async () => {
    server.put(jobs, { metadata: { namespace: 'shop', name: jobName(origin) } });
    expect(await complaint(provider.begin(block, origin, context))).toMatch(/exists in namespace shop and is not of this run/);
  });

  const forbidden = (message: string): void => {
    server.fault = () => new ApiError('forbidden', message, { status: 403 });
  };

  it('prints the commands that let it run Jobs, and nothing else', async () => {
    forbidden(
      'jobs.batch is forbidden: User "system:serviceaccount:rampart-system:rampart" cannot create resource "jobs" in API group "batch" in the namespace "shop"',
    );
    expect(await complaint(provider.begin(block, origin, context))).toBe(
      [
        "Rampart may not run Jobs in namespace 'shop'. To allow whoever may write analyses there to run pods there:",
        'kubectl -n shop create role rampart-jobs --verb=create,get,delete --resource=jobs.batch &&',
        'kubectl -n shop create rolebinding rampart-jobs --role=rampart-jobs --serviceaccount=rampart-system:rampart &&',
        'kubectl -n shop create role rampart-job-pods --verb=list --resource=pods &&',
        'kubectl -n shop create rolebinding rampart-job-pods --role=rampart-job-pods --serviceaccount=rampart-system:rampart',
      ].join(' '),
    );
  });

  it('prints none where no role would help', async () => {
    forbidden('jobs.batch "x" is forbidden: exceeded quota: compute-resources');
    expect(await complaint(provider.begin(block, origin, context))).toBe(
      'the API server refused the Job: jobs.batch "x" is forbidden: exceeded quota: compute-resources',
    );
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', {}, /^job\.spec\.template\.spec: a Job needs the pod/],
    [
      'no container',
      { template: { spec: { ...pod, containers: [] } } },
      /^job\.spec\.template\.spec\.containers: must have at least one/,
    ],
    [
      'a pod that is always restarted',
      { template: { spec: { containers: pod.containers } } },
      /restartPolicy: must be Never or OnFailure .* nothing/,
    ],
    ['other pods', { manualSelector: true, template: { spec: pod } }, /^job\.spec\.manualSelector/],
  ])('asks for no Job that has %s', async (_, spec, message) => {
    expect(await complaint(provider.begin({ spec } as JobMetric, origin, context))).toMatch(message);
    expect(server.objects(jobs)).toEqual([]);
  });
});

describe('the end of a Job', () => {
  const job = (...conditions: readonly [type: string, status: string][]): Job => ({
    metadata: { namespace: 'shop', name: 'j' },
    status: { conditions: conditions.map(([type, status]) => ({ type, status })) },
  });
  const podWith = (createdAt: string, ...states: readonly object[]): PodOfJob => ({
    metadata: { name: createdAt, creationTimestamp: createdAt },
    status: { containerStatuses: states.map((state, index) => ({ name: `c${index}`, state })) },
  });

  it.each<[string, Job, readonly PodOfJob[], object | undefined]>([
    ['nothing yet', job(), [], undefined],
    ['about to be complete', job(['SuccessCriteriaMet', 'True']), [], undefined],
    ['suspended', job(['Suspended', 'True']), [], undefined],
    ['not failed after all', job(['Failed', 'False']), [], undefined],
    ['complete', job(['SuccessCriteriaMet', 'True'], ['Complete', 'True']), [], { end: 'complete', text: '' }],
    ['a container that waits for its start', job(), [podWith('1', { waiting: { reason: 'ContainerCreating' } })], undefined],
    [
      'two tries, of which the second says how it ended',
      job(['Complete', 'True']),
      [
        podWith('1', { terminated: { exitCode: 1, reason: 'Error' } }),
        podWith('2', { terminated: { exitCode: 0, reason: 'Completed' } }, { terminated: { exitCode: 143 } }),
      ],
      { end: 'complete', text: 'c0: Completed (exit code 0); c1: ended (exit code 143)' },
    ],
    [
      'complete, with another pod stuck',
      job(['Complete', 'True']),
      [podWith('1', { waiting: { reason: 'ErrImagePull' } })],
      { end: 'complete' },
    ],
  ])('%s', (_, given, pods, expected) => {
    const end = endOf(given, pods);
    if (expected === undefined) expect(end).toBeUndefined();
    else expect(end).toMatchObject(expected);
  });
});

describe('Secrets of a Job', () => {
  const secrets: readonly SecretArgument[] = [
    { argument: 'token', secretName: 'login', secretKey: 'token' },
    { argument: 'user', secretName: 'login', secretKey: 'user' },
  ];
  const refer = (container: object, more: object = {}) => {
    const given = { ...more, spec: { template: { spec: { containers: [{ name: 'main', ...container }] } } } };
    const { block: next, secrets: left } = referToSecrets(given, secrets);
    const [found] = (next as typeof given).spec.template.spec.containers;
    return { container: found, left: left.map(({ argument }) => argument) };
  };
  const from = (key: string) => ({ secretKeyRef: { name: 'login', key } });

  it('are read by the container where they are its environment', () => {
    expect(
      refer({
        env: [
          { name: 'TOKEN', value: '{{ args.token }}' },
          { name: 'PLAIN', value: '{{args.x}}' },
        ],
      }),
    ).toEqual({
      container: {
        name: 'main',
        env: [
          { name: 'TOKEN', valueFrom: from('token') },
          { name: 'PLAIN', value: '{{args.x}}' },
        ],
      },
      left: [],
    });
  });

  it('are filled in by Kubernetes where they are a part of a text', () => {
    const given = {
      command: ['curl', '-H', 'Authorization: {{args.token}}'],
      args: ['{{args.user}}:{{args.token}}'],
      env: [{ name: 'A', value: 'x{{args.user}}' }],
    };
    expect(refer(given)).toEqual({
      container: {
        name: 'main',
        command: ['curl', '-H', 'Authorization: $(RAMPART_SECRET_1)'],
        args: ['$(RAMPART_SECRET_2):$(RAMPART_SECRET_1)'],
        env: [
          { name: 'RAMPART_SECRET_2', valueFrom: from('user') },
          { name: 'RAMPART_SECRET_1', valueFrom: from('token') },
          { name: 'A', value: 'x$(RAMPART_SECRET_2)' },
        ],
      },
      left: [],
    });
  });

  it('are filled in by Rampart where no container can read them', () => {
    expect(refer({ image: 'tests:{{args.user}}' }, { metadata: { annotations: { a: '{{args.token}}' } } }).left).toEqual([
      'token',
      'user',
    ]);
  });

  it('leave what is no Job as it is', () => {
    for (const odd of [undefined, {}, { spec: 1 }, { spec: { template: { spec: { containers: [1, null] } } } }])
      expect(() => referToSecrets(odd, secrets)).not.toThrow();
  });
});
