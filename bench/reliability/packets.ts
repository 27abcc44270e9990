/**
 * Lets the loopback of this network namespace lose packets: by netem where the kernel has it, else by a queue that takes nothing, put in for a
 * moment again and again. Every connection suffers alike: Rampart's, etcd's, the kubelets'.
 */
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface PacketLoss {
  /** For people. */
  readonly how: string;
  /** Settles with the number of packets that were dropped. */
  drop(forMs: number): Promise<number>;
}

const device = ['dev', 'lo', 'root'];
const run = promisify(execFile);
const tc = async (...args: string[]): Promise<string> => (await run('tc', args)).stdout;
const blindMs = 60;
const clearMs = 240;

/** Or a sentence that says why it cannot be. */
export async function findPacketLoss(): Promise<PacketLoss | string> {
  const ways: readonly PacketLoss[] = [
    { how: 'tc netem, one packet in ten', drop: async (forMs) => await behind(['netem', 'loss', '10%'], forMs) },
    { how: `tc blackhole, ${blindMs} ms of every ${blindMs + clearMs}`, drop: pulses },
  ];
  let why = '';
  for (const [index, qdisc] of [['netem', 'loss', '10%'], ['blackhole']].entries()) {
    try {
      await tc('qdisc', 'add', ...device, ...qdisc);
      await tc('qdisc', 'del', ...device);
      const way = ways[index];
      if (way !== undefined) return way;
    } catch (error) {
      why = String((error as { readonly stderr?: string }).stderr ?? error).trim();
    }
  }
  return `tc cannot drop packets here: ${why}`;
}

async function pulses(forMs: number): Promise<number> {
  const until = performance.now() + forMs;
  let dropped = 0;
  while (performance.now() < until) {
    dropped += await behind(['blackhole'], blindMs);
    await delay(clearMs);
  }
  return dropped;
}

async function behind(qdisc: readonly string[], forMs: number): Promise<number> {
  await tc('qdisc', 'add', ...device, ...qdisc);
  try {
    await delay(forMs);
    return Number(/dropped (\d+)/.exec(await tc('-s', 'qdisc', 'show', 'dev', 'lo'))?.[1] ?? 0);
  } finally {
    await tc('qdisc', 'del', ...device);
  }
}
