/** The controller as a process asks web metrics: where its flags let it, and nowhere else. */
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { AnalysisRun } from '../../src/api/analysis-run.ts';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { Kubectl } from '../support/kubectl.ts';
import { startRecordedServer } from '../support/recorded-http-server.ts';

const run = (name: string, web: object) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name },
  spec: { metrics: [{ name: 'm', consecutiveErrorLimit: 0, successCondition: 'result == true', provider: { web } }] },
});

test('where the flags let it', { timeout: 120_000 }, async () => {
  const namespace = await createNamespace();
  onTestFinished(async () => await deleteNamespace(namespace));
  const server = await startRecordedServer();
  onTestFinished(() => server.close());
  server.reply = ({ path }) =>
    path === '/away' ? { status: 302, headers: { location: 'http://127.0.0.2:1/' } } : { body: '{"data":{"ok":true}}' };
  await startController({ namespace, args: ['--metric-address-deny=127.0.0.2,*.internal'] });
  const kubectl = await Kubectl.open(namespace);
  const jsonPath = '{$.data.ok}';
  const runs = [
    run('asked', { url: server.url, jsonPath }),
    run('denied', { url: 'http://127.0.0.2:1/', jsonPath }),
    run('redirected', { url: `${server.url}/away`, jsonPath }),
    run('named', { url: 'http://shop.internal/', jsonPath }),
    run('metadata', { url: 'http://169.254.169.254/latest/meta-data/' }),
    run('contradictory', { url: server.url, body: 'a' }),
  ];
  await kubectl.run(['apply', '-f', '-'], runs.map((object) => stringify(object)).join('---\n'));
  const messageOf = async (name: string, phase: string): Promise<string> => {
    await kubectl.run(['wait', `--for=jsonpath={.status.phase}=${phase}`, `analysisrun/${name}`, '--timeout=60s']);
    const { status } = JSON.parse(await kubectl.run(['get', 'analysisrun', name, '-o', 'json'])) as AnalysisRun;
    return status?.message ?? '';
  };
  expect(await messageOf('asked', 'Successful')).toBe('');
  expect(await messageOf('denied', 'Error')).toContain(
    'Rampart does not ask 127.0.0.2: it is on the list of --metric-address-deny',
  );
  expect(await messageOf('redirected', 'Error')).toContain('Rampart does not ask 127.0.0.2');
  expect(await messageOf('named', 'Error')).toContain('Rampart does not ask shop.internal');
  expect(await messageOf('metadata', 'Error')).toContain('it is link-local or a metadata service');
  expect(await messageOf('contradictory', 'Error')).toBe(
    'Analysis spec invalid: spec.metrics[0].provider.web.body: only a request with method POST or PUT has a body',
  );
  expect(server.asked.map(({ path }) => path).sort()).toEqual(['/', '/away']);
});
