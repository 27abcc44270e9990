/** Jobs as measurements, by the controller as a process: who may have them made, how they end, and that none is made twice. */
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { Kubectl } from '../support/kubectl.ts';

interface Job extends KubeObject {
  readonly spec: { readonly template: { readonly spec: Readonly<Record<string, unknown>> } };
}

/** kwok runs what can be scheduled and completes it; what asks for a node that is not there waits. */
const nowhere = { nodeSelector: { place: 'nowhere' } };
const pod = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'tests' }] };
const jobOf = (more: object = {}, spec: object = {}) => ({ job: { spec: { ...spec, template: { spec: { ...pod, ...more } } } } });

const runOf = (name: string, provider: object, metric: object = {}, spec: object = {}) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name },
  spec: { metrics: [{ name: 'tests', provider, ...metric }], ...spec },
});

async function stage() {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const kubectl = await Kubectl.open(namespace);
  const read = async <T>(...what: readonly string[]): Promise<T> =>
    JSON.parse(await kubectl.run(['get', ...what, '-o', 'json'])) as T;
  return {
    namespace,
    kubectl,
    apply: (...objects: readonly object[]) =>
      kubectl.run(['apply', '-f', '-'], objects.map((object) => stringify(object)).join('---\n')),
    run: (name: string) => read<AnalysisRun>('analysisrun', name),
    jobs: async () => (await read<{ items: readonly Job[] }>('jobs')).items,
    ended: async (name: string, phase: string): Promise<AnalysisRun> => {
      await kubectl.run(['wait', `--for=jsonpath={.status.phase}=${phase}`, `analysisrun/${name}`, '--timeout=60s']);
      return await read<AnalysisRun>('analysisrun', name);
    },
    begun: async (name: string): Promise<string> => {
      const path = '{.status.metricResults[0].measurements[0].metadata.job-name}';
      await kubectl.run(['wait', `--for=jsonpath=${path}`, `analysisrun/${name}`, '--timeout=60s']);
      return await kubectl.run(['get', 'analysisrun', name, '-o', `jsonpath=${path}`]);
    },
  };
}

test('a Job is run once somebody allows it, for this run, and shows no Secret', { timeout: 120_000 }, async () => {
  const { namespace, kubectl, apply, run, jobs, ended } = await stage();
  const controller = await startController({ namespace, args: ['--loglevel=debug'] });
  const value = 'hunter2-very-secret';
  await kubectl.run(['create', 'secret', 'generic', 'login', `--from-literal=token=${value}`]);
  const containers = [
    { name: 'main', image: 'tests', args: ['--host={{args.host}}'], env: [{ name: 'TOKEN', value: '{{args.token}}' }] },
  ];
  const args = [
    { name: 'host', value: 'shop.example' },
    { name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } },
  ];
  await apply(runOf('allowed', jobOf({ containers }), { consecutiveErrorLimit: 20 }, { args }));
  await kubectl.run(['wait', '--for=jsonpath={.status.metricResults[0].error}=1', 'analysisrun/allowed', '--timeout=60s']);
  const message = (await run('allowed')).status?.metricResults?.[0]?.measurements?.[0]?.message ?? '';
  expect(message).toContain(`Rampart may not run Jobs in namespace '${namespace}'.`);
  expect(await jobs()).toEqual([]);
  const commands = message.slice(message.indexOf(': kubectl') + 2).split(' && ');
  expect(commands).toHaveLength(4);
  for (const command of commands) await kubectl.run(command.split(' ').slice(1));

  const { metadata, status } = await ended('allowed', 'Successful');
  const [job] = await jobs();
  expect(status?.metricResults?.[0]).toMatchObject({
    count: 1,
    successful: 1,
    measurements: [
      { phase: 'Error' },
      { phase: 'Successful', metadata: { 'job-name': job?.metadata.name, 'job-namespace': namespace } },
    ],
  });
  expect(job?.metadata).toMatchObject({
    name: `${metadata.uid}.tests.2`,
    labels: { 'analysisrun.argoproj.io/uid': metadata.uid },
    annotations: { 'analysisrun.argoproj.io/metric-name': 'tests' },
  });
  expect(job?.spec.template.spec).toMatchObject({
    automountServiceAccountToken: false,
    containers: [
      {
        args: ['--host=shop.example'],
        env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } }],
      },
    ],
  });
  const shown = JSON.stringify([
    await jobs(),
    await run('allowed'),
    await kubectl.run(['get', 'events', '-o', 'json']),
    await controller.log(),
  ]);
  expect(shown).not.toContain(value);
  await kubectl.run(['delete', 'analysisrun/allowed']);
  await kubectl.run(['wait', '--for=delete', `job/${job?.metadata.name}`, '--timeout=60s']);
});

test('Jobs end as they end, whoever looks', { timeout: 120_000 }, async () => {
  const { namespace, kubectl, apply, run, jobs, ended, begun } = await stage();
  const rights = ['rbac.runAllJobs=true'];
  const first = await startController({ namespace, rights });
  await apply(
    runOf('fails', jobOf(nowhere, { activeDeadlineSeconds: 1 })),
    runOf('waits', jobOf(nowhere)),
    runOf('stuck', jobOf(nowhere)),
    runOf('terminated', jobOf(nowhere)),
    runOf('refused', jobOf({ hostNetwork: 'perhaps' }), { consecutiveErrorLimit: 0 }),
  );
  expect((await ended('fails', 'Failed')).status?.message).toContain('DeadlineExceeded');
  expect((await ended('refused', 'Error')).status?.message).toContain('hostNetwork');
  const waiting = await begun('waits');
  await begun('terminated');
  await kubectl.run(['patch', 'analysisrun', 'terminated', '--type=merge', '-p', '{"spec":{"terminate":true}}']);
  await ended('terminated', 'Inconclusive');

  const stuck = await begun('stuck');
  const selector = `job-name=${stuck}`;
  await kubectl.run(['wait', '--for=create', 'pod', '-l', selector, '--timeout=60s']);
  const name = await kubectl.run(['get', 'pods', '-l', selector, '-o', 'jsonpath={.items[0].metadata.name}']);
  const containerStatuses = [
    {
      name: 'main',
      image: 'tests',
      imageID: '',
      ready: false,
      restartCount: 0,
      state: { waiting: { reason: 'ImagePullBackOff' } },
    },
  ];
  await kubectl.run([
    'patch',
    'pod',
    name,
    '--subresource=status',
    '--type=merge',
    '-p',
    JSON.stringify({ status: { containerStatuses } }),
  ]);
  expect((await ended('stuck', 'Inconclusive')).status?.message).toContain('container main of Job');

  await first.kill();
  await startController({ namespace, rights });
  expect((await run('waits')).status?.phase).toBe('Running');
  expect((await jobs()).map(({ metadata }) => metadata.name)).toContain(waiting);
  // Its end, as any other.
  await kubectl.run(['patch', 'job', waiting, '--type=merge', '-p', '{"spec":{"activeDeadlineSeconds":1}}']);
  const { status } = await ended('waits', 'Failed');
  expect(status?.metricResults?.[0]?.measurements).toMatchObject([{ phase: 'Failed', metadata: { 'job-name': waiting } }]);
  expect(await jobs()).toHaveLength(2);
});
