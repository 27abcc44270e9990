/** Turns Ctrl-C into a wish to end in order. */
import { once } from 'node:events';

export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** One Ctrl-C may arrive several times: from the terminal, and from each program that this one was started by. */
const echoMs = 1000;

/** Aborts, with Interrupted, at the first SIGINT, SIGTERM or SIGHUP. One that comes a second or more later ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = (): void => {
    if (!controller.signal.aborted) firstMs = Date.now();
    else if (Date.now() - firstMs > echoMs) process.exit(130);
    controller.abort(new Interrupted());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}

/** Keeps the process alive until then. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  const held = setInterval(() => {}, 1 << 30);
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(held);
}
