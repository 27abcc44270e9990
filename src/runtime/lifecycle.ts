/**
 * The end of a process in the order that loses nothing: watches stop, workers finish, events are written, the lease is given back.
 * Each part gets what is left of the time; the lease always gets its turn, since the fence keeps whoever did not finish from writing.
 */
import type { Clock } from './clock.ts';
import { type Log, messageOf } from './log.ts';

export interface ShutdownParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Time for all but the release of the lease. Default 20 s; Kubernetes' own grace period is 30 s. */
  readonly deadlineMs?: number;
  /** Ends the watches; resolves when they have ended. */
  readonly stopWatches: () => Promise<void>;
  readonly controllers: readonly { readonly name: string; stop(signal: AbortSignal): Promise<void> }[];
  readonly events: { drain(signal: AbortSignal): Promise<number> } | undefined;
  readonly lease: { release(signal: AbortSignal): Promise<void> } | undefined;
}

const releaseMs = 3_000;

/** Never rejects. True when everything ended in order and in time. */
export async function shutDown(parts: ShutdownParts): Promise<boolean> {
  const { clock, log, controllers, events, lease } = parts;
  const deadline = new AbortController();
  const timer = clock.setTimer(parts.deadlineMs ?? 20_000, () => deadline.abort());
  const { signal } = deadline;
  const ended = [
    await inTime('the watches', parts.stopWatches, signal, log),
    ...(await Promise.all(
      controllers.map((controller) => inTime(`the workers of ${controller.name}`, () => controller.stop(signal), signal, log)),
    )),
    await inTime('the events', async () => void (await events?.drain(signal)), signal, log),
  ];
  timer.cancel();
  const release = new AbortController();
  const releaseTimer = clock.setTimer(releaseMs, () => release.abort());
  ended.push(await inTime('the lease', async () => lease?.release(release.signal), release.signal, log));
  releaseTimer.cancel();
  return !signal.aborted && ended.every(Boolean);
}

async function inTime(what: string, work: () => Promise<void>, signal: AbortSignal, log: Log): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const giveUp = (): void => resolve('late');
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const outcome = await Promise.race([work().then(() => 'done' as const), late]);
    if (outcome === 'late') log.warn(`${what} did not end in time`);
    return outcome === 'done';
  } catch (error) {
    log.warn(`${what} did not end in order: ${messageOf(error)}`);
    return false;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
