/**
 * Every example, and the manifest of the README that names neither selector nor template, is rehearsed as it stands: a good version gets through without a failed
 * request, a bad one is taken back wherever the manifest measures, and a controller that is killed changes neither.
 */
import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { PlayedScenario } from '../../src/rehearsal/report.ts';
import { rehearsed } from '../support/rehearsed.ts';

const folder = `${import.meta.dirname}/../../examples`;
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();

interface Expected {
  /** Seconds within which users are safe from a bad version; undefined where nothing measures, so that it goes through. */
  readonly safeWithin: number | undefined;
  /** Requests that a good version loses; none where users never meet an empty place. */
  readonly lost?: number;
}

const minute = 60;
const expected: Readonly<Record<string, Expected>> = {
  'api-rollout.yaml': { safeWithin: 5.1 * minute },
  // Users meet it behind the switch only, and there it is good enough to be asked first.
  'blue-green.yaml': { safeWithin: 0 },
  'experiment.yaml': { safeWithin: 2 * minute },
  'gateway-canary.yaml': { safeWithin: 3.5 * minute },
  'nginx-canary.yaml': { safeWithin: undefined },
  'recreate.yaml': { safeWithin: undefined, lost: 300 },
  'roles-and-restart.yaml': { safeWithin: undefined },
  'rolling-update.yaml': { safeWithin: undefined },
  'smoke-test.yaml': { safeWithin: 0 },
  'workload-ref.yaml': { safeWithin: undefined },
};

async function play(file: string, ...names: readonly string[]): Promise<readonly PlayedScenario[]> {
  const documents = parseAllDocuments(await readFile(`${folder}/${file}`, 'utf8'));
  const objects = documents.map((document) => document.toJS() as object);
  return (await rehearsed(objects, names)).played;
}

test('every example has its expectation', () => {
  expect(files).toEqual(Object.keys(expected));
});

test.each(Object.entries(expected))('%s', { timeout: 120_000 }, async (file, { safeWithin, lost = 0 }) => {
  const [good, errors, killed] = await play(file, 'good', 'errors', 'controller-killed=2');
  expect(good).toMatchObject({ ending: 'completed', endsWell: true, phase: 'Healthy', message: '' });
  expect(good?.failedRequests).toBeLessThanOrEqual(lost);
  expect(good?.samples.at(-1)).toMatchObject({ weight: 100, successRatio: 1, pods: { stable: { total: expect.any(Number) } } });
  if (safeWithin === undefined) {
    expect(errors).toMatchObject({ ending: 'completed', endsWell: false, secondsToSafe: Number.POSITIVE_INFINITY });
  } else {
    expect(errors).toMatchObject({ ending: 'aborted', endsWell: true });
    expect(errors?.secondsToSafe ?? 0).toBeLessThanOrEqual(safeWithin);
    expect(errors?.samples.at(-1)).toMatchObject({ weight: 0, successRatio: 1 });
  }
  expect(killed?.why).toContain('each time it ends as without a kill, and nothing more is lost');
});

test('pods that come and go for ever are no progress: the release is given up as stuck', { timeout: 60_000 }, async () => {
  const [crash] = await play('recreate.yaml', 'pods-crash');
  expect(crash?.ending).toBe('stuck');
  expect(crash?.durationSeconds ?? Number.NaN).toBeLessThan(6 * 60 * minute);
});

test('the same seed gives the same rehearsal', { timeout: 60_000 }, async () => {
  const [one, again] = [await play('gateway-canary.yaml', 'errors'), await play('gateway-canary.yaml', 'errors')];
  expect(again).toEqual(one);
});
