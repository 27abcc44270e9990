/** Carries out what a probe or lifecycle hook asks for, once, against the pod's own IP: HTTP, TCP, a command, or a sleep. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { Container, Handler } from './pod-types.ts';

export interface HandlerTarget {
  readonly container: Container;
  readonly podIp: string;
  /** Runs a command as the container would: same environment, same mounts. Settles with exit code and output. */
  readonly exec: (command: readonly string[], signal: AbortSignal) => Promise<{ readonly code: number; readonly output: string }>;
}

/** Each probe has a connection of its own, as a kubelet's have; certificates are not checked, as a kubelet does not. */
const agent = new Agent({ pipelining: 0, connect: { rejectUnauthorized: false }, keepAliveTimeout: 1, keepAliveMaxTimeout: 1 });

/** Undefined when it passed, else why not. Never rejects; ends at the timeout at the latest. */
export async function runHandler(handler: Handler, target: HandlerTarget, timeoutMs: number): Promise<string | undefined> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    if (handler.httpGet !== undefined) return await httpGet(handler.httpGet, target, signal);
    if (handler.tcpSocket !== undefined) {
      const port = portOf(handler.tcpSocket.port, target.container);
      return await tcpConnect(handler.tcpSocket.host ?? target.podIp, port, signal);
    }
    if (handler.exec !== undefined) {
      const { code, output } = await target.exec(handler.exec.command ?? [], signal);
      return code === 0 ? undefined : `command exited with ${code}: ${output.slice(0, 1000)}`;
    }
    if (handler.sleep !== undefined) await delay(handler.sleep.seconds * 1000, undefined, { signal });
    return undefined;
  } catch (error) {
    return signal.aborted ? `no answer within ${timeoutMs} ms` : String(error);
  }
}

/** The number behind a port, which may be the name of one of the container's. Throws when there is no such name. */
export function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
  if (!Number.isInteger(named)) throw new Error(`container ${container.name} has no port named "${port}"`);
  return named;
}

async function httpGet(
  action: NonNullable<Handler['httpGet']>,
  { container, podIp }: HandlerTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const url = `${scheme}://${action.host ?? podIp}:${portOf(action.port, container)}${action.path ?? '/'}`;
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const answer = await request(url, {
    signal,
    dispatcher: agent,
    headers: { 'user-agent': 'kube-probe/1.37', ...headers },
    reset: true,
  });
  await answer.body.dump();
  return answer.statusCode >= 200 && answer.statusCode < 400
    ? undefined
    : `HTTP probe failed with statuscode: ${answer.statusCode}`;
}

function tcpConnect(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error) => resolve(error.message));
  });
}
