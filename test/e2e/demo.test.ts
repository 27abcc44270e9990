/** The demo as a user starts it: its exit code and its bill; and the same outcome where the controller is killed again and again. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Bill } from '../../demo/bill.ts';

const program = fileURLToPath(new URL('../../demo/main.ts', import.meta.url));

interface Play {
  readonly code: number;
  readonly bill: Bill;
  readonly told: string;
  readonly seconds: number;
}

interface Running {
  readonly pid: number;
  /** Aborts when the demo has ended. */
  readonly signal: AbortSignal;
  told(): string;
}

/** `during` runs beside the demo and ends when it ends. */
async function playDemo(during?: (demo: Running) => Promise<void>): Promise<Play> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, '--json', '--rate', '100'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const over = new AbortController();
  let [out, told] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const beside = during?.({ pid: child.pid ?? 0, signal: over.signal, told: () => told });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  over.abort();
  await beside;
  if (out === '') throw new Error(`the demo ended with code ${code} and no bill:\n${told}`);
  return { code, bill: JSON.parse(out) as Bill, told, seconds: (performance.now() - began) / 1000 };
}

function expectGoodBill({ code, bill, told }: Play): void {
  const story = JSON.stringify(bill, undefined, 1) + told;
  expect(bill, story).toMatchObject({ goodVersionPromoted: true, badVersionTakenBack: true, failedOtherwise: 0, passed: true });
  expect(bill.unexplained).toEqual([]);
  expect(bill.failedByBadVersion, 'the bad version was met by users').toBeGreaterThan(0);
  expect(
    Object.keys(bill.failuresByWeight).filter((weight) => !['0', '10'].includes(weight)),
    'it was met at its first weight only',
  ).toEqual([]);
  expect(code).toBe(0);
}

/** Process ids of everything that descends from this process. */
async function descendants(pid: number): Promise<readonly number[]> {
  const parents = new Map<number, number>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // After the name in parentheses: state, parent, ...
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    parents.set(Number(entry), Number(parent));
  }
  const found = new Set([pid]);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const [one, parent] of parents) if (found.has(parent)) found.add(one);
  }
  found.delete(pid);
  return [...found];
}

async function controllersBelow(pid: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (const one of await descendants(pid)) {
    const words = (await readFile(`/proc/${one}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (words.some((word) => word.endsWith('rampart.js')) && words.includes('controller')) found.push(one);
  }
  return found;
}

test('delivers the good version, takes the bad one back, and no other request fails', async () => {
  const play = await playDemo();
  expectGoodBill(play);
  expect(play.bill.requests).toBeGreaterThan(1000);
  expect(play.bill.msToWeightZero).toBeLessThan(5_000);
  expect(play.bill.apiWrites).toBeGreaterThan(10);
  console.info(`demo: ${play.seconds.toFixed(1)} s, ${JSON.stringify(play.bill)}`);
}, 240_000);

test('comes to the same end where the controller is killed at random moments, from its first second on', async () => {
  const killed: number[] = [];
  let inInstall = 0;
  const play = await playDemo(async ({ pid, signal, told }) => {
    while (!signal.aborted && killed.length < 6) {
      // The first two while helm waits for it to become ready, the others when it may have something to do.
      const isInstalling = (): boolean => !told().includes('opening the shop');
      await delay(randomInt(0, isInstalling() ? 800 : 8_000), undefined, { signal }).catch(() => {});
      if (isInstalling() && inInstall === 2) continue;
      for (const one of signal.aborted ? [] : await controllersBelow(pid)) {
        if (isInstalling()) inInstall += 1;
        process.kill(one, 'SIGKILL');
        killed.push(one);
      }
    }
  });
  expectGoodBill(play);
  expect(inInstall).toBeGreaterThan(0);
  expect(killed.length).toBeGreaterThan(inInstall);
  console.info(
    `demo with ${killed.length} kills (${inInstall} while it was installed): ${play.seconds.toFixed(1)} s, ${JSON.stringify(play.bill)}`,
  );
}, 300_000);
