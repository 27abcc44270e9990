import { describe, expect, it, test } from 'vitest';
import { CommandStage } from '../../test/support/command-stage.ts';
import * as resources from '../api/resources.ts';
import { ApiError } from '../runtime/cluster.ts';
import { commandTable } from './command-table.ts';
import { programName } from './dispatch.ts';

const rollout = (name: string, more: object = {}) => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name, namespace: 'default', generation: 1 },
  spec: { replicas: 1, strategy: { canary: {} } },
  ...more,
});

function stageWith(...names: readonly string[]): CommandStage {
  const stage = new CommandStage();
  for (const name of names) stage.cluster.put(resources.rollouts, rollout(name));
  return stage;
}

describe('what is written', () => {
  it.each([
    ['abort shop', 'rollouts/shop/status {"status":{"abort":true}}', 'rollout.argoproj.io/shop aborted'],
    ['retry shop', 'rollouts/shop/status {"status":{"abort":false}}', 'rollout.argoproj.io/shop retried'],
    ['retry rollout shop', 'rollouts/shop/status {"status":{"abort":false}}', 'rollout.argoproj.io/shop retried'],
    ['pause rollout/shop', 'rollouts/shop {"spec":{"paused":true}}', 'rollout.argoproj.io/shop paused'],
    ['resume shop', 'rollouts/shop {"spec":{"paused":false}}', 'rollout.argoproj.io/shop resumed'],
    [
      'restart shop --in 90s',
      'rollouts/shop {"spec":{"restartAt":"2026-01-01T00:01:30Z"}}',
      'rollout.argoproj.io/shop restarts in 1m30s',
    ],
    ['retry experiment trial', 'experiments/trial {"status":null}', 'experiment.argoproj.io/trial retried'],
    ['terminate experiment trial', 'experiments/trial {"spec":{"terminate":true}}', 'experiment.argoproj.io/trial is told to end'],
    ['terminate ar/run', 'analysisruns/run {"spec":{"terminate":true}}', 'analysisrun.argoproj.io/run is told to end'],
  ])('by %s', async (line, sent, says) => {
    const stage = stageWith('shop');
    stage.cluster.put(resources.experiments, { metadata: { name: 'trial', namespace: 'default' } });
    stage.cluster.put(resources.analysisRuns, { metadata: { name: 'run', namespace: 'default' } });
    expect(await stage.run(...line.split(' '))).toEqual({ code: 0, out: `${says}\n`, errors: '' });
    expect(stage.cluster.sent).toEqual([sent]);
  });

  it('goes to each object that is named, though one is not there', async () => {
    const stage = stageWith('a', 'c');
    expect(await stage.run('abort', 'a', 'b', 'c', '-o', 'name')).toEqual({
      code: 3,
      out: 'rollout.argoproj.io/a\nrollout.argoproj.io/c\n',
      errors: 'rampart: rollout.argoproj.io/b: Rollout "b" not found in namespace default; -n names another one\n',
    });
  });

  it('is nothing where a Rollout has gone on by itself while it was promoted', async () => {
    const stage = new CommandStage();
    const at = (index: number) =>
      rollout('shop', {
        spec: { strategy: { canary: { steps: [{ setWeight: 1 }, { setWeight: 2 }, { pause: {} }] } } },
        status: { currentStepIndex: index },
      });
    stage.cluster.put(resources.rollouts, at(0));
    let raced = false;
    stage.cluster.fault = (verb) => {
      if (verb === 'patch' && !raced) {
        raced = true;
        stage.cluster.put(resources.rollouts, at(1));
      }
      return undefined;
    };
    expect(await stage.run('promote', 'shop')).toMatchObject({
      code: 0,
      out: 'rollout.argoproj.io/shop has gone on by itself, to step 2\n',
    });
    expect(stage.cluster.objects(resources.rollouts)[0]).toMatchObject({ status: { currentStepIndex: 1 } });
  });
});

describe('what cannot be understood', () => {
  it.each([
    ['promte shop', 'there is no command "promte"'],
    ['promote', 'name a rollout'],
    ['promote a b', 'name one, not several'],
    ['promote shop --fulll', 'there is no flag --fulll'],
    ['promote shop --full -c', 'use one of --full and --skip-current-step'],
    ['promote shop --full=maybe', '--full is true or false, not "maybe"'],
    ['get shop -o table', '-o is one of json, yaml, name, not "table"'],
    ['get pod/shop', '"pod/shop" is none of rollout/NAME, experiment/NAME'],
    ['status shop --timeout soon', '--timeout must be a duration such as 30s, 5m or 1h30m, got "soon"'],
    ['status shop -t', '-t needs a value: -t DURATION'],
    ['undo shop --to-revision -1', '--to-revision must be a whole number, got "-1"'],
    ['terminate run', 'say what run is: analysisrun run or experiment run'],
    ['set-image shop web', '"web" is not CONTAINER=IMAGE'],
    ['set image shop', 'say which image: CONTAINER=IMAGE'],
    ['lint', 'say what to judge: -f FILE, several times if need be, or --live'],
    ['completion tcsh', 'for which shell? bash, zsh, fish'],
  ])('%s', async (line, says) => {
    const { code, out, errors } = await stageWith('shop').run(...line.split(' '));
    expect([code, out]).toEqual([3, '']);
    expect(errors).toContain(says);
    expect(errors).toContain('Usage:');
  });

  it('is no usage where the cluster is at fault', async () => {
    const stage = stageWith('shop');
    stage.cluster.fault = () => new ApiError('forbidden', 'rollouts.argoproj.io is forbidden: you may not');
    const { code, errors } = await stage.run('promote', 'shop');
    expect([code, errors]).toEqual([3, 'rampart promote: rollouts.argoproj.io is forbidden: you may not.\n']);
  });
});

describe('help', () => {
  it.each(commandTable.map(({ name }) => name))('of %s names its flags and how it ends', async (name) => {
    const { code, out } = await new CommandStage().run(name, '--help');
    const spec = commandTable.find((one) => one.name === name);
    expect(code).toBe(0);
    for (const flag of spec?.flags ?? []) expect(out).toContain(`--${flag.name}`);
    expect(out).toContain('Exit codes:');
    expect((await new CommandStage().run('help', name)).out).toBe(out);
  });

  it('shows all commands', async () => {
    const { out } = await new CommandStage().run();
    for (const { name } of commandTable) expect(out).toContain(`  ${name}`);
  });
});

test('every command has examples that it understands', async () => {
  for (const { examples, flags, name } of commandTable) {
    expect(examples.length, name).toBeGreaterThan(0);
    for (const example of examples) {
      for (const [, flag] of example.matchAll(/ (--[a-z-]+)/g)) {
        expect(['--help', ...flags.map((one) => `--${one.name}`)], example).toContain(flag);
      }
    }
  }
});

test.each([
  ['/usr/bin/rampart', 'rampart'],
  ['/app/rampart.js', 'rampart'],
  ['/usr/local/bin/kubectl-rampart', 'kubectl rampart'],
])('%s is called %s', (path, name) => {
  expect(programName(path)).toBe(name);
});
