/** Free TCP ports, below the range the kernel takes outgoing ports from, so that a server can be stopped and started on the same one. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const lowest = 15_000;
const highest = 32_000;
const maxTries = 200;
const given = new Set<number>();

/** A port free on every address at the time of the call, never given out twice by this process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const port = randomInt(lowest, highest);
    if (!given.has(port) && (await canListen(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free TCP port between ${lowest} and ${highest} in ${maxTries} tries`);
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
