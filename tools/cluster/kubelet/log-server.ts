/**
 * What `kubectl logs` reads: the kubelet's HTTPS endpoint for container logs, for clients that the cluster's authority has certified, which
 * is the API server. Answers only GET /containerLogs/<namespace>/<pod>/<container> and /healthz; times and sinceTime are not kept in the files.
 */
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface LogServerOptions {
  readonly ip: string;
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The folder of a pod that runs here, or undefined. */
  readonly directoryOf: (namespace: string, pod: string) => string | undefined;
  /** True while more may be written to the container's newest log. */
  readonly isWriting: (namespace: string, pod: string, container: string) => boolean;
}

const followMs = 100;

/** Settles when it listens; rejects when the port is taken. The returned function closes it. */
export async function serveLogs(options: LogServerOptions): Promise<() => void> {
  const { ca, cert, key, ip, port } = options;
  const server = createServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(`${String(error)}\n`);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ip, resolve);
  });
  return () => {
    server.close();
    server.closeAllConnections();
  };
}

async function answer(options: LogServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://kubelet');
  if (pathname === '/healthz') return void response.end('ok');
  const [kind, namespace = '', pod = '', container = ''] = pathname.split('/').slice(1).map(decodeURIComponent);
  const directory = kind === 'containerLogs' ? options.directoryOf(namespace, pod) : undefined;
  if (directory === undefined) return void response.writeHead(404).end('no such pod here\n');
  const files = logsOf(await readdir(directory).catch(() => []), container);
  const file = searchParams.get('previous') === 'true' ? files.at(-2) : files.at(-1);
  if (file === undefined) return void response.writeHead(400).end(`container "${container}" has no such log\n`);
  response.writeHead(200, { 'content-type': 'text/plain' });
  const path = join(directory, file);
  const lines = searchParams.get('tailLines');
  const size = (await stat(path)).size;
  const start = lines === null ? 0 : await startOfTail(path, Number(lines));
  const end = Math.min(size, start + Number(searchParams.get('limitBytes') ?? size));
  await copy(path, start, end, response);
  if (searchParams.get('follow') === 'true') await follow(path, size, response, () => options.isWriting(namespace, pod, container));
  response.end();
}

/** The log files of a container, oldest first. */
export function logsOf(names: readonly string[], container: string): readonly string[] {
  const numbers = names.flatMap((name) => {
    const number = /^(.+)\.(\d+)\.log$/.exec(name);
    return number?.[1] === container ? [Number(number[2])] : [];
  });
  return numbers.sort((a, b) => a - b).map((number) => `${container}.${number}.log`);
}

/** The offset at which the last so many lines of a text begin. */
export function tailOffset(text: Buffer, lines: number): number {
  if (lines <= 0) return text.length;
  let at = text.at(-1) === 10 ? text.length - 1 : text.length;
  for (let found = 0; at > 0; ) {
    at = text.lastIndexOf(10, at - 1);
    if (at === -1) return 0;
    if (++found === lines) return at + 1;
  }
  return 0;
}

async function startOfTail(path: string, lines: number): Promise<number> {
  return tailOffset(await readFile(path), lines);
}

async function copy(path: string, start: number, end: number, response: ServerResponse): Promise<void> {
  if (start >= end) return;
  for await (const chunk of createReadStream(path, { start, end: end - 1 })) response.write(chunk);
}

async function follow(path: string, from: number, response: ServerResponse, isWriting: () => boolean): Promise<void> {
  const file = await open(path);
  const buffer = Buffer.alloc(65_536);
  try {
    for (let position = from; !response.destroyed; ) {
      const wasWriting = isWriting();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      if (bytesRead > 0) response.write(Buffer.from(buffer.subarray(0, bytesRead)));
      else if (!wasWriting) return;
      else await delay(followMs);
    }
  } finally {
    await file.close();
  }
}
