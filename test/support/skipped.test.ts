import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readSkipped, skipReport } from './skipped.ts';

it('finds every test that did not run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-skipped-test-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const file = join(folder, 'report.json');
  const test = (fullName: string, status: string) => ({ fullName, status });
  const assertionResults = [
    test('runs', 'passed'),
    test('breaks', 'failed'),
    test('was left out', 'skipped'),
    test('will come', 'todo'),
  ];
  await writeFile(file, JSON.stringify({ testResults: [{ name: 'a.test.ts', assertionResults }] }));
  expect(await readSkipped(file)).toEqual([
    { what: 'a.test.ts: was left out', why: 'marked skipped in the test file' },
    { what: 'a.test.ts: will come', why: 'marked todo in the test file' },
  ]);
  expect(await readSkipped(join(folder, 'missing.json'))).toEqual([]);
});

it('tells of each of them with its reason, and what follows from it', () => {
  const skipped = [{ what: 'every test that needs a Kubernetes', why: 'Install Go.' }];
  expect(skipReport(skipped, false)).toMatch(/SKIPPED: 1[\s\S]*needs a Kubernetes\n\s+Install Go\.[\s\S]*NOT checked/);
  expect(skipReport(skipped, true)).toContain('this run fails');
});
