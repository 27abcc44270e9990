import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CommandStage, type Printed } from '../../../test/support/command-stage.ts';
import type { Rehearsal } from '../../rehearsal/report.ts';

vi.setConfig({ testTimeout: 60_000 });

const root = `${import.meta.dirname}/../../..`;
const rolling = `${root}/examples/rolling-update.yaml`;
const api = `${root}/examples/api-rollout.yaml`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rehearse-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: readonly string[]): Promise<Printed> {
  return new CommandStage().run('rehearse', ...args);
}

async function runWith(input: unknown, ...args: readonly string[]): Promise<Printed> {
  const stage = new CommandStage();
  stage.input = typeof input === 'string' ? input : JSON.stringify(input);
  return stage.run('rehearse', '-f', '-', ...args);
}

const rolloutOf = (name: string, strategy: object = { canary: {} }, more: object = {}) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name },
  spec: { replicas: 2, strategy, ...more },
});

test('what ends well is exit code 0, and JSON has all of it', async () => {
  const { code, out, errors } = await run('-f', rolling, '--scenario', 'good', '-o', 'json');
  expect([code, errors]).toEqual([0, '']);
  const { assumptions, rollouts } = JSON.parse(out) as Rehearsal;
  expect(assumptions).toContain('Users send 100 requests a second.');
  expect(rollouts).toMatchObject([
    {
      namespace: 'default',
      name: 'worker',
      strategy: 'rolling',
      scenarios: [{ name: 'good', ending: 'completed', endsWell: true }],
    },
  ]);
  expect(rollouts[0]?.findings.map(({ rule }) => rule)).toContain('no-analysis');
});

test('what does not is exit code 1, and said last, a line each', async () => {
  const { code, out, errors } = await run('-f', rolling, '--scenario=good', '--scenario=errors');
  expect(code).toBe(1);
  expect(out).toContain('Rollout worker');
  expect(errors).toMatch(/^worker, errors: does not end well\. Nothing took the bad version back: .*\n$/);
});

test.each([
  ['--max-failed-requests=10', /^api-rollout, errors: \d+ requests failed, 10 are allowed\n$/],
  ['--max-failed-ratio=0.1%', /^api-rollout, errors: [\d.]+ % of the requests failed, 0.1 % are allowed\n$/],
  ['--max-time-to-safe=1m', /^api-rollout, errors: users were safe after [\d.]+ s, 60 s are allowed\n$/],
  ['--fail-on=risk', /^api-rollout: risk versions-not-told-apart at AnalysisTemplate/],
  ['--max-extra-pods=0', /^$/],
])('a limit that is broken is exit code 1: %s', async (limit, says) => {
  const { code, errors } = await run('-f', api, '--scenario', 'errors', limit);
  expect(errors).toMatch(says);
  expect(code).toBe(errors === '' ? 0 : 1);
});

test('what is tolerated breaks no limit', async () => {
  expect(await run('-f', rolling, '--scenario=errors', '--tolerate=errors', '--max-failed-requests=0')).toMatchObject({
    code: 0,
    errors: '',
  });
});

test.each([
  [['-f', api, '--scenario', 'bad'], 'there is no scenario "bad"'],
  [['-f', api, '--scenario', 'errors=200'], 'errors= takes a number from 0.01 to 100'],
  [['-f', api, '--scenario', 'good=1'], 'scenario good takes no option, got "1"'],
  [['-f', api, '--rollout', 'shop'], 'there is no Rollout shop in the files; there is api-rollout'],
  [['-f', api, '--seeds', '0'], '--seeds must be at least 1, got 0'],
  [['-f', api, '--max-failed-ratio', '2'], '--max-failed-ratio is a share such as 0.01 or 1%, not "2"'],
  [['-f', api, '-o', 'yaml'], '-o is one of text, json, html, not "yaml"'],
  [['-f', 'there/is/no.yaml'], 'there/is/no.yaml cannot be read'],
  [[], 'say what to rehearse: -f FILE'],
] as const)('a wrong line is exit code 2: %j', async (args, says) => {
  const { code, out, errors } = await run(...args);
  expect([code, out]).toEqual([2, '']);
  expect(errors).toContain(says);
});

test('manifests that lint refuses are exit code 2, with its findings', async () => {
  const broken = rolloutOf('shop', {
    canary: { steps: [{ setWeight: 'ten' }, { analysis: { templates: [{ templateName: 'rates' }] } }] },
  });
  const { code, errors } = await runWith(broken);
  expect(code).toBe(2);
  expect(errors).toContain('spec.strategy.canary.steps[0].setWeight');
  expect(errors).toContain("AnalysisTemplate 'rates' not found");
  expect(await runWith('a: [')).toMatchObject({ code: 2 });
  expect(await runWith({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } })).toMatchObject({ code: 2 });
});

test('what is missing is filled in and told, and what nobody acts on is kept aside', async () => {
  const objects = [
    rolloutOf('a', {
      canary: {
        stableService: 'a-stable',
        canaryService: 'a-canary',
        trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'a' } } },
        steps: [{ setWeight: 20 }, { pause: {} }, { analysis: { templates: [{ templateName: 'rates', clusterScope: true }] } }],
      },
    }),
    rolloutOf('b'),
    { apiVersion: 'example.com/v1', kind: 'Database', metadata: { name: 'd' } },
  ];
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  const { code, out, errors } = await runWith(
    list,
    '--scenario',
    'good',
    '-o',
    'json',
    '-n',
    'shops',
    '--requests-per-second',
    '5',
  );
  expect([code, errors]).toEqual([0, '']);
  const { assumptions, rollouts } = JSON.parse(out) as Rehearsal;
  expect(rollouts.map(({ namespace, name, strategy }) => `${namespace}/${name} ${strategy}`)).toEqual([
    'shops/a canary with routes',
    'shops/b rolling',
  ]);
  const told = assumptions.join('\n');
  for (const words of [
    'Rollout a says nothing of it and is given pods with app=a, one container of the image a:1 and a selector by the labels of its pods.',
    'Service a-stable, which Rollout a names, is in none of the files and is made up: it selects app=a.',
    'HTTPRoute a, which Rollout a names, is in none of the files and is made up: everything goes to a-stable, a-canary has weight 0.',
    'ClusterAnalysisTemplate rates, which Rollout a names, is in none of the files',
    'Left aside, since the virtual cluster has nothing that acts on them: Database.',
    'Each Rollout is rehearsed by itself',
    'A person promotes 60 s after each pause that has no duration',
    'Users send 5 requests a second.',
  ])
    expect(told).toContain(words);
});

test('what the API server alone would refuse is exit code 2 and a sentence', async () => {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { selector: { app: 'shop' } } };
  const { code, out, errors } = await runWith(
    { kind: 'List', apiVersion: 'v1', items: [rolloutOf('shop'), service] },
    '--scenario=good',
  );
  expect([code, out]).toEqual([2, '']);
  expect(errors).toMatch(/^rampart rehearse: Service shop is refused by the API server: .*spec\.ports: Required value/);
});

test('the program itself ends with the code, without a cluster or a kubeconfig', { timeout: 120_000 }, async () => {
  const file = join(folder, 'shop.json');
  await writeFile(file, JSON.stringify(rolloutOf('shop')));
  const ended = await new Promise<{ code: unknown; out: string; errors: string }>((resolve) => {
    const args = ['src/cli/main.ts', 'rehearse', '-f', folder, '--scenario=good', '--scenario=errors'];
    const options = { cwd: root, env: { KUBECONFIG: '/nowhere', HOME: folder, PATH: process.env.PATH } };
    execFile(process.execPath, args, options, (error, out, errors) => resolve({ code: error?.code ?? 0, out, errors }));
  });
  expect(ended).toMatchObject({ code: 1, errors: expect.stringMatching(/^shop, errors: does not end well/) });
  expect(ended.out).toContain('Rollout shop');
});

test.each([
  ['a Rollout that is held', { paused: true }, [], 'Rollout shop is held by spec.paused; it is rehearsed as if it were let go.'],
  ['a Rollout without pods', { replicas: 0 }, [], 'Rollout shop asks for no pods; it is rehearsed with 2.'],
  [
    'pauses of days',
    {},
    [],
    'Rollout shop: the pause of 72h at step 1 is rehearsed as one of 3600s; --longest-pause changes that.',
  ],
  ['other pauses', {}, ['--longest-pause=5m'], 'Rollout shop: the pause of 72h at step 1 is rehearsed as one of 300s'],
] as const)('%s can be rehearsed', async (_, more, flags, assumed) => {
  const strategy = { canary: { steps: [{ setWeight: 50 }, { pause: { duration: '72h' } }] } };
  const { code, out } = await runWith(rolloutOf('shop', strategy, more), '--scenario=good', '-o=json', ...flags);
  expect(code).toBe(0);
  const { assumptions, rollouts } = JSON.parse(out) as Rehearsal;
  expect(assumptions.join('\n')).toContain(assumed);
  expect(rollouts[0]?.scenarios[0]).toMatchObject({ ending: 'completed', failedRequests: 0 });
});
