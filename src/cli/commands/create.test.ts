import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CommandStage } from '../../../test/support/command-stage.ts';
import type { KubeObject } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';

const folder = mkdtempSync(join(tmpdir(), 'rampart-create-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const metric = (name: string) => ({
  name,
  successCondition: 'result[0] > {{args.least}}',
  provider: { prometheus: { address: 'http://p', query: 'up' } },
});
const template = (name: string, spec: object, namespace = 'default') =>
  ({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name, namespace }, spec }) as KubeObject;

function stage(): CommandStage {
  const made = new CommandStage();
  made.cluster.put(
    resources.analysisTemplates,
    template('ratio', {
      args: [{ name: 'least' }],
      metrics: [metric('ratio')],
      templates: [{ templateName: 'more', clusterScope: true }],
    }),
  );
  made.cluster.put(resources.clusterAnalysisTemplates, {
    metadata: { name: 'more' },
    spec: { args: [{ name: 'least', value: '0' }], metrics: [metric('more')] },
  } as KubeObject);
  return made;
}

const created = (made: CommandStage) =>
  made.cluster.objects(resources.analysisRuns)[0] as KubeObject & {
    readonly spec: { readonly metrics: readonly { name: string }[]; readonly args: unknown };
  };

test('templates are put together, with the arguments that are given', async () => {
  const made = stage();
  expect(
    await made.run('create', 'analysisrun', '--from', 'ratio', '--name', 'trial', '-a', 'least=5', '--instance-id', 'two'),
  ).toEqual({
    code: 0,
    out: 'analysisrun.argoproj.io/trial created\n',
    errors: '',
  });
  const run = created(made);
  expect(run.metadata).toMatchObject({ name: 'trial', labels: { 'argo-rollouts.argoproj.io/controller-instance-id': 'two' } });
  expect(run.spec.metrics.map(({ name }) => name)).toEqual(['ratio', 'more']);
  expect(run.spec.args).toEqual([{ name: 'least', value: '5' }]);
});

test('a cluster template, and one of a file, under a name that the server makes', async () => {
  const made = stage();
  await made.run('create', 'analysisrun', '--from', 'more', '--global');
  expect(created(made).metadata).toMatchObject({ generateName: 'more-' });
  const file = join(folder, 'ratio.yaml');
  writeFileSync(
    file,
    JSON.stringify(template('ratio', { metrics: [{ ...metric('filed'), successCondition: 'result[0] > 1' }] }, 'elsewhere')),
  );
  const other = stage();
  expect(await other.run('create', 'analysisrun', '--from-file', file)).toMatchObject({ code: 0 });
  expect(created(other).spec.metrics.map(({ name }) => name)).toEqual(['filed']);
});

test.each([
  ['create rollout --from ratio', 'only an analysisrun can be created'],
  ['create analysisrun', 'say of which template: --from NAME or --from-file FILE'],
  ['create analysisrun --from nothing', "AnalysisTemplate 'nothing' not found"],
  ['create analysisrun --from ratio -a least', '"least" is not NAME=VALUE'],
  ['create analysisrun --from-file /no/such', '/no/such cannot be read'],
])('%s', async (line, says) => {
  const { code, errors } = await stage().run(...line.split(' '));
  expect(code).toBe(3);
  expect(errors).toContain(says);
});
