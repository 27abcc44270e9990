/**
 * Steady HTTP traffic against one address, as many users would make it: requests start at fixed times, whether or not earlier ones have been
 * answered, over kept-alive connections. Nothing is retried, so every failure a user would have seen is in the counters.
 */
import { Agent, request } from 'undici';

export interface TrafficOptions {
  /** Without a path. */
  readonly url: string;
  readonly path?: string;
  /** Host header, which routes match on. */
  readonly host?: string;
  readonly requestsPerSecond: number;
  /** No answer within this time counts as an error; 5000 when absent. */
  readonly timeoutMs?: number;
  /** Most connections at once; 50 when absent. */
  readonly connections?: number;
  readonly onResponse?: (outcome: Outcome) => void;
}

/** One request. `status` 0: there was no answer, and `error` says why. */
export interface Outcome {
  readonly at: number;
  readonly status: number;
  /** As the answer's body says; undefined when it does not (a gateway's own answer). */
  readonly version: string | undefined;
  readonly latencyMs: number;
  readonly error?: string;
}

/** Live: it changes while traffic flows. */
export interface TrafficCounters {
  sent: number;
  answered: number;
  /** No answer: refused, reset, timed out. */
  errors: number;
  /** Answers other than 2xx. */
  failed: number;
  /** Failed without saying that a version of the shop failed it: the gateway's own 502, 503, 504. */
  failedByGateway: number;
  /** version (`-` when unknown) -> status -> answers */
  readonly byVersion: Record<string, Record<string, number>>;
  /** The newest failures and errors, at most 100. */
  readonly failures: Outcome[];
}

export interface Traffic {
  readonly counters: TrafficCounters;
  /** Starts no more requests and settles when all that were sent have ended. */
  stop(): Promise<TrafficCounters>;
}

export function noTraffic(): TrafficCounters {
  return { sent: 0, answered: 0, errors: 0, failed: 0, failedByGateway: 0, byVersion: {}, failures: [] };
}

const mostFailuresKept = 100;
const tickMs = 5;
/** After a pause of the process, requests that were due are sent late rather than left out, but not more than these at once. */
const mostAtOnce = 200;

export function startTraffic(options: TrafficOptions): Traffic {
  const counters = noTraffic();
  const agent = new Agent({ connections: options.connections ?? 50, pipelining: 1, keepAliveTimeout: 30_000 });
  const flying = new Set<Promise<void>>();
  const began = performance.now();
  const send = () => {
    counters.sent++;
    const one: Promise<void> = sendOne(options, agent).then((outcome) => {
      countOutcome(counters, outcome);
      options.onResponse?.(outcome);
      flying.delete(one);
    });
    flying.add(one);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * options.requestsPerSecond);
    for (let sent = 0; counters.sent < due && sent < mostAtOnce; sent++) send();
  }, tickMs);
  return {
    counters,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(flying);
      await agent.close();
      return counters;
    },
  };
}

async function sendOne({ url, path = '/', host, timeoutMs = 5000 }: TrafficOptions, dispatcher: Agent): Promise<Outcome> {
  const at = Date.now();
  const began = performance.now();
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url + path, { dispatcher, signal, ...(host === undefined ? {} : { headers: { host } }) });
    const text = await answer.body.text();
    return { at, status: answer.statusCode, version: versionIn(text), latencyMs: performance.now() - began };
  } catch (error) {
    return { at, status: 0, version: undefined, latencyMs: performance.now() - began, error: String(error) };
  }
}

function versionIn(body: string): string | undefined {
  try {
    const { version } = JSON.parse(body) as { version?: unknown };
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Adds one request that has ended. */
export function countOutcome(counters: TrafficCounters, outcome: Outcome): void {
  const { status, version } = outcome;
  if (status === 0) counters.errors++;
  else counters.answered++;
  const isBad = status < 200 || status > 299;
  if (status !== 0 && isBad) counters.failed++;
  if (status !== 0 && isBad && version === undefined) counters.failedByGateway++;
  const statuses = counters.byVersion[version ?? '-'] ?? {};
  counters.byVersion[version ?? '-'] = statuses;
  statuses[String(status)] = (statuses[String(status)] ?? 0) + 1;
  if (isBad) counters.failures.push(outcome);
  if (counters.failures.length > mostFailuresKept) counters.failures.shift();
}
