import { expect, test } from 'vitest';
import { CommandStage } from '../../test/support/command-stage.ts';
import * as resources from '../api/resources.ts';
import { complete, wanted } from './complete.ts';

test.each([
  [[], 'pro', 'commands'],
  [['set'], '', ['image']],
  [['set', 'image'], '', 'rollouts'],
  [['promote'], '', 'rollouts'],
  [['get', 'experiment'], '', 'experiments'],
  [['terminate', 'analysisrun'], 'a', 'analysisruns'],
  [['list'], '', ['rollouts', 'experiments']],
  [['get', '-n'], '', 'namespaces'],
  [['get', '--context'], '', 'contexts'],
  [['get', '-o'], '', ['json', 'yaml', 'name']],
  [['lint', '-f'], '', 'files'],
  [['completion'], '', ['bash', 'zsh', 'fish']],
  [['nonsense'], '', []],
])('after %j %j come %j', (before, last, candidates) => {
  expect(wanted(before, last).candidates).toEqual(candidates);
});

async function completed(...args: readonly string[]): Promise<readonly string[]> {
  const stage = new CommandStage();
  for (const name of ['shop', 'search', 'api']) stage.cluster.put(resources.rollouts, { metadata: { name, namespace: 'default' } });
  await complete(args, stage.context());
  return stage.out.trimEnd().split('\n');
}

test('names come from the cluster, those that fit', async () => {
  expect(await completed('promote', 's')).toEqual(['search', 'shop', ':4']);
  expect(await completed('promote', '-n', 'other', 's')).toEqual([':4']);
});

test('flags and their values', async () => {
  expect(await completed('promote', '--sk')).toEqual(['--skip-current-step', '--skip-all-steps', ':4']);
  expect(await completed('get', '--output=y')).toEqual(['--output=yaml', ':4']);
  expect(await completed('lint', '-f', '')).toEqual([':0']);
});

test('a cluster that does not answer gives no names and no complaint', async () => {
  const stage = new CommandStage();
  stage.cluster.fault = () => {
    throw new Error('down');
  };
  expect(await complete(['promote', ''], stage.context())).toBe(0);
  expect([stage.out, stage.errors]).toEqual([':4\n', '']);
});
