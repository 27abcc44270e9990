/** The demo's story on the virtual cluster: by wish, and where no real Kubernetes can be had. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { play } from '../play.ts';
import { lineScreen } from '../screen.ts';
import { setVirtualStage, whileTimePasses } from './virtual-stage.ts';

const goodBill = { goodVersionPromoted: true, badVersionTakenBack: true, failedOtherwise: 0, passed: true, unexplained: [] };

test('the good version goes out, the bad one is taken back, and no other request fails', async () => {
  const lines: string[] = [];
  const screen = lineScreen((line) => lines.push(line));
  const stage = await setVirtualStage({ tell: (words) => screen.say(words) });
  const { signal } = new AbortController();
  const bill = await whileTimePasses(stage, play(stage, { requestsPerSecond: 100, screen, beganMs: stage.clock.now(), signal }));
  expect(bill, lines.join('\n')).toMatchObject(goodBill);
  expect(bill.requests).toBeGreaterThan(2000);
  expect(bill.failedByBadVersion).toBeGreaterThan(0);
  expect(Object.keys(bill.failuresByWeight).filter((weight) => !['0', '10'].includes(weight))).toEqual([]);
  expect(bill.msToWeightZero).toBeLessThan(1000);
  expect(bill.msToLastBadPodGone).toBeLessThan(15_000);
  expect(bill.apiWrites).toBeGreaterThan(10);
  const told = lines.join('\n');
  for (const words of ['version 2 goes out', 'RolloutCompleted', 'version 3 goes out', 'MetricFailed', 'RolloutAborted']) {
    expect(told).toContain(words);
  }
});

test('where nothing real can be had it says so loudly, and its exit code does too', async () => {
  // A machine without anything but Node.
  const { code, out, told } = await ended({ PATH: '/nonexistent', HOME: '/nonexistent', CI: process.env.CI });
  expect(told).toContain('NO REAL KUBERNETES can be had on this machine:\n  ');
  expect(told).toContain('What follows is played on the VIRTUAL cluster');
  expect(JSON.parse(out)).toMatchObject({ cluster: 'virtual', ...goodBill });
  expect(code).toBe(3);
  const asked = await ended({ PATH: '/nonexistent', HOME: '/nonexistent' }, '--cluster', 'embedded');
  expect(asked, 'whoever asks for a real one gets no other').toMatchObject({ code: 1, out: '' });
}, 60_000);

test('an engine for containers that brings no cluster up is no reason to give up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-engine-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  // It answers, and can do nothing.
  await writeFile(join(folder, 'docker'), '#!/bin/sh\n[ "$1" = info ]\n', { mode: 0o755 });
  const { code, out, told } = await ended({ PATH: folder, HOME: '/nonexistent' });
  expect(told).toContain('NO REAL KUBERNETES can be had on this machine:');
  expect(JSON.parse(out)).toMatchObject({ cluster: 'virtual', passed: true });
  expect(code).toBe(3);
}, 60_000);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

const program = fileURLToPath(new URL('../main.ts', import.meta.url));

function ended(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, '--json', '--rate', '50', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, told] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, told }));
  });
}
