/** Waits until an endpoint of the control plane says that it is ready, or until the process behind it has ended, which is told with its last words. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { SupervisedProcess } from '../contract.ts';

export interface ReadinessProbe {
  readonly url: string;
  readonly caPem: string;
  /** Client certificate; without one the request is anonymous. */
  readonly keyPem?: string;
  readonly certificatePem?: string;
  /** False where the server made its certificate by itself. */
  readonly verify: boolean;
}

const intervalMs = 50;
const lastWordsLines = 15;

export class NotReady extends Error {
  constructor(name: string, reason: string, lastWords: string) {
    super(`${name} ${reason}. The end of its log:\n${lastWords}`);
    this.name = 'NotReady';
  }
}

export async function untilReady(probe: ReadinessProbe, process: SupervisedProcess, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (true) {
    if ((await statusOf(probe)) === 200) return;
    if (!process.running) throw new NotReady(process.name, 'ended before it was ready', await lastWords(process.logFile));
    if (performance.now() > deadline) {
      throw new NotReady(process.name, `was not ready within ${timeoutMs / 1000} s`, await lastWords(process.logFile));
    }
    await delay(intervalMs);
  }
}

export async function lastWords(logFile: string): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lastWordsLines).join('\n');
}

/** HTTP status, or undefined when nobody answered. */
async function statusOf(probe: ReadinessProbe): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const options = {
      ca: probe.caPem,
      rejectUnauthorized: probe.verify,
      agent: false,
      timeout: 2000,
      ...(probe.keyPem === undefined ? {} : { key: probe.keyPem, cert: probe.certificatePem }),
    };
    const sent = request(probe.url, options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode));
      response.once('error', () => resolve(undefined));
    });
    sent.once('timeout', () => sent.destroy());
    sent.once('error', () => resolve(undefined));
    sent.end();
  });
}
