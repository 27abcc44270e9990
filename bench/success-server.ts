/** Answers like Prometheus, with a good success ratio until it is told to turn bad. The first part of a path says who asks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SuccessServer {
  readonly url: string;
  /** name -> performance.now() when it got its first bad answer */
  readonly firstBadAnswer: ReadonlyMap<string, number>;
  turnBad(): void;
  close(): void;
}

export async function startSuccessServer(host: string): Promise<SuccessServer> {
  const firstBadAnswer = new Map<string, number>();
  let value = '1';
  const server = createServer((request, response) => {
    const name = (request.url ?? '').split('/')[1] ?? '';
    request.resume();
    if (value === '0' && !firstBadAnswer.has(name)) firstBadAnswer.set(name, performance.now());
    const data = { resultType: 'vector', result: [{ metric: {}, value: [0, value] }] };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    firstBadAnswer,
    turnBad: () => {
      value = '0';
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
