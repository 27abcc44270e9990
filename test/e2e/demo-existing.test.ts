/** The demo on a cluster that others use: it brings what it needs into a namespace of its own, plays, and leaves nothing behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bill } from '../../demo/bill.ts';
import { buildProgram } from '../../tools/build.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { Kubectl } from '../support/kubectl.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const image = 'registry.example/rampart-demo';
let folder: string;
let cluster: EmbeddedCluster;
let kubectl: Kubectl;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rampart-demo-'));
  const program = { executable: process.execPath, args: [await imageEntry(folder)], commands: ['node'], tags: ['x'] };
  cluster = await startCluster({
    name: 'demo-existing',
    kubelet: 'process',
    processKubelet: { nodeName: 'demo-existing', images: { [image]: program }, backoff: { initialMs: 500, maxMs: 2000 } },
    traefik: true,
    prometheus: { scrapeIntervalMs: 1000 },
  });
  kubectl = await Kubectl.open('default', cluster);
});

afterAll(async () => {
  await cluster?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Stands for the files of the image: Rampart is what runs, unless the shop is asked for by its path. */
async function imageEntry(directory: string): Promise<string> {
  const rampart = pathToFileURL(await buildProgram(directory)).href;
  const shop = new URL('../../demo/shop/shop.ts', import.meta.url).href;
  const entry = join(directory, 'entry.mjs');
  await writeFile(entry, `await import(process.argv[2] === '/app/shop/shop.ts' ? '${shop}' : '${rampart}');\n`);
  return entry;
}

interface Demo {
  readonly child: ChildProcess;
  /** What it has said on standard error so far. */
  said(): string;
  readonly ended: Promise<{ readonly code: number | null; readonly out: string }>;
}

/** The demo as a user starts it, told nothing of the cluster but its kubeconfig and the address of Prometheus. */
function startDemo(tag: string): Demo {
  const flags = ['--cluster', 'existing', '--image', `${image}:${tag}`, '--scrape-interval', '1', '--json', '--rate', '100'];
  const prometheus = ['--prometheus-address', cluster.prometheus?.url ?? ''];
  const child = spawn(process.execPath, [join(root, 'demo', 'main.ts'), ...flags, ...prometheus], {
    env: { ...process.env, KUBECONFIG: cluster.adminKubeconfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, errors]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = new Promise<{ code: number | null; out: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, out: out.join('') }));
  });
  return { child, said: () => errors.join(''), ended };
}

const namespaces = async () => await kubectl.run(['get', 'namespaces', '-o', 'name']);
const crds = async () => await kubectl.run(['get', 'crds', '-o', 'name']);

describe('the demo on an existing cluster', () => {
  test('promotes the good version, takes the bad one back, and leaves nothing behind', { timeout: 150_000 }, async () => {
    const before = await crds();
    const demo = startDemo('x');
    const { code, out } = await demo.ended;
    expect(code, demo.said()).toBe(0);
    const bill = JSON.parse(out) as Bill;
    expect(bill).toMatchObject({ goodVersionPromoted: true, badVersionTakenBack: true, failedOtherwise: 0, passed: true });
    expect(bill.failedByBadVersion).toBeGreaterThan(0);
    expect(bill).not.toHaveProperty('apiWrites');
    expect(await namespaces()).not.toContain('rampart-demo');
    // The last of them may still be ending: Kubernetes looks for objects before it lets a CRD go.
    await expect.poll(crds, { timeout: 60_000 }).toBe(before);
  });

  test('says which image cannot be pulled, and leaves the CRDs that were there', { timeout: 60_000 }, async () => {
    await kubectl.run(['apply', '-f', join(root, 'crds')]);
    const demo = startDemo('unknown');
    expect((await demo.ended).code).toBe(1);
    expect(demo.said()).toMatch(/cannot start registry\.example\/rampart-demo:unknown: ImagePullBackOff: .* --image must name one/);
    expect(await namespaces()).not.toContain('rampart-demo');
    expect(await crds()).toContain('rollouts.argoproj.io');
  });

  test('takes everything away on Ctrl-C', { timeout: 60_000 }, async () => {
    const demo = startDemo('x');
    const opening = new Promise<void>((resolve) => {
      demo.child.stderr?.on('data', () => {
        if (demo.said().includes('opening the shop')) resolve();
      });
    });
    await Promise.race([opening, demo.ended]);
    demo.child.kill('SIGINT');
    const { code, out } = await demo.ended;
    expect(code, demo.said()).toBe(130);
    expect(out).toBe('');
    expect(demo.said()).toContain('interrupted');
    expect(await namespaces()).not.toContain('rampart-demo');
  });
});
