/** A real Prometheus without anything to scrape, whose past a test writes by the remote-write protocol. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClusterAccess } from '../../tools/cluster/contract.ts';

export interface PastSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly samples: readonly { readonly atMs: number; readonly value: number }[];
}

export interface PastPrometheus {
  readonly url: string;
  /** Each call begins where the one before ended: a database like this one takes nothing older than an hour before its newest. */
  write(series: readonly PastSeries[]): Promise<void>;
  stop(): Promise<void>;
}

const readyWithinMs = 30_000;

export async function startPastPrometheus(access: ClusterAccess, folder: string): Promise<PastPrometheus> {
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, 'prometheus.yml');
  await writeFile(configFile, 'global: {}\n');
  const port = await access.freePort();
  const url = `http://${access.nodeIp}:${port}`;
  const process = await access.spawn({
    name: 'past-prometheus',
    command: await access.partPath('prometheus'),
    args: [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=60d',
      '--web.enable-remote-write-receiver',
      `--web.listen-address=${access.nodeIp}:${port}`,
      '--log.level=warn',
    ],
  });
  for (const until = Date.now() + readyWithinMs; ; ) {
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (answer?.ok === true) break;
    if (Date.now() > until || !process.running) throw new Error(`Prometheus did not come up; its log is ${process.logFile}`);
    await delay(50);
  }
  return {
    url,
    write: async (series) => {
      const headers = {
        'Content-Type': 'application/x-protobuf',
        'Content-Encoding': 'snappy',
        'X-Prometheus-Remote-Write-Version': '0.1.0',
      };
      const answer = await fetch(`${url}/api/v1/write`, { method: 'POST', headers, body: snappy(writeRequest(series)) });
      if (!answer.ok) throw new Error(`Prometheus takes no past: HTTP ${answer.status} ${await answer.text()}`);
    },
    stop: async () => {
      await process.stop();
    },
  };
}

/** The message WriteRequest of Prometheus' remote.proto. */
function writeRequest(series: readonly PastSeries[]): Buffer {
  return Buffer.concat(
    series.map(({ labels, samples }) => {
      const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
      return field(
        1,
        Buffer.concat([
          ...pairs.map(([name, value]) => field(1, Buffer.concat([field(1, Buffer.from(name)), field(2, Buffer.from(value))]))),
          ...samples.map(({ atMs, value }) => field(2, sample(atMs, value))),
        ]),
      );
    }),
  );
}

function sample(atMs: number, value: number): Buffer {
  const number = Buffer.alloc(9);
  number[0] = 0x09;
  number.writeDoubleLE(value, 1);
  return Buffer.concat([number, Buffer.from([0x10]), varint(atMs)]);
}

function field(index: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(index << 3) | 2]), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

/** Snappy's format, without compression: literals alone. */
function snappy(body: Buffer): Buffer {
  const blocks: Buffer[] = [varint(body.length)];
  for (let at = 0; at < body.length; at += 65_536) {
    const block = body.subarray(at, at + 65_536);
    const tag = Buffer.from([61 << 2, 0, 0]);
    tag.writeUInt16LE(block.length - 1, 1);
    blocks.push(tag, block);
  }
  return Buffer.concat(blocks);
}
