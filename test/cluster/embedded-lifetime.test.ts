/** Nothing of a cluster outlives the program that started it, and people outside its namespace can reach it as long as it lives. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { CoreV1Api } from '@kubernetes/client-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { namespaceVariable } from '../../tools/cluster/namespace/command-line.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';

interface Started {
  readonly program: ChildProcess;
  readonly runDir: string;
  readonly kubeconfig?: string;
}

const programFile = fileURLToPath(new URL('../fixtures/embedded-cluster-program.ts', import.meta.url));
const programs: ChildProcess[] = [];

async function start(...args: readonly string[]): Promise<Started> {
  const enter = args.includes('--enter');
  const env = { ...process.env, ...(enter ? { [namespaceVariable]: '' } : {}) };
  const program = spawn(process.execPath, [programFile, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  programs.push(program);
  const [line] = await new Promise<string[]>((resolve, reject) => {
    createInterface(program.stdout).once('line', (text) => resolve([text]));
    program.once('exit', (code) => reject(new Error(`the program ended with code ${code}`)));
  });
  return { program, ...(JSON.parse(line ?? '') as Omit<Started, 'program'>) };
}

/** Programs that run with this text in their arguments, as this process namespace sees them. */
async function commandsWith(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const commands = await Promise.all(pids.map(async (pid) => await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes(text)).map((command) => command.split('\0')[0]?.split('/').pop() ?? '');
}

const everything = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kwok'];

describe('the program that started a cluster', () => {
  afterEach(() => {
    for (const program of programs.splice(0)) program.kill('SIGKILL');
  });

  it.each([
    ['in a namespace of its own', '--enter'],
    ['in a namespace that others use as well', '--stay'],
  ])('leaves no process behind when it is killed %s', async (_, arg) => {
    const { program, runDir } = await start(arg);
    expect((await commandsWith(runDir)).toSorted()).toEqual(everything);
    program.kill('SIGKILL');
    await vi.waitFor(async () => expect(await commandsWith(runDir)).toEqual([]), { timeout: 5000, interval: 20 });
  });

  it('ends on SIGTERM, though the signal reaches only its outer half', async () => {
    const { program, runDir } = await start('--enter');
    const exited = new Promise<number | null>((resolve) => program.once('exit', (code) => resolve(code)));
    program.kill('SIGTERM');
    // 128 + 15: as a shell tells that a signal ended it.
    expect(await exited).toBe(143);
    expect(await commandsWith(runDir)).toEqual([]);
  });

  it('lets people outside its namespace use the cluster', async () => {
    const { kubeconfig = '' } = await start('--enter');
    const nodes = await loadKubeConfig(kubeconfig).makeApiClient(CoreV1Api).listNode();
    expect(nodes.items.map((node) => node.metadata?.name)).toEqual(['kwok-0']);
  });
});
