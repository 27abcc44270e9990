/**
 * Lets people outside reach into a namespace: the process inside asks, the process outside opens a listening socket on 127.0.0.1 and hands it over.
 * A socket belongs to the network it was opened in, so what is accepted inside comes from the machine's own loopback.
 */
import type { ChildProcess } from 'node:child_process';
import { connect, createServer, Server } from 'node:net';

export interface ForwardTarget {
  /** As reachable inside the namespace. */
  readonly host: string;
  readonly port: number;
}

interface ListenRequest {
  readonly type: 'listen';
  readonly id: number;
  /** 0 takes any free port. */
  readonly port: number;
}

type ListenAnswer =
  | { readonly type: 'listening'; readonly id: number; readonly port: number }
  | { readonly type: 'not-listening'; readonly id: number; readonly reason: string };

/** Outside: answers the requests of the process inside. */
export function serveListenRequests(child: ChildProcess): void {
  child.on('message', (message: Partial<ListenRequest>) => {
    const { type, id, port } = message;
    if (type !== 'listen' || id === undefined || port === undefined) return;
    const server = createServer();
    const refuse = (error: Error): void => {
      child.send({ type: 'not-listening', id, reason: error.message } satisfies ListenAnswer, () => {});
    };
    server.once('error', refuse);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const opened = address !== null && typeof address === 'object' ? address.port : port;
      child.send({ type: 'listening', id, port: opened } satisfies ListenAnswer, server, () => server.close());
    });
  });
}

let lastId = 0;

/**
 * Inside: connections to 127.0.0.1:<port> outside reach the target inside. Settles with the port outside; throws when it is taken, or when this
 * process was not started by enterNamespace (its children were not).
 */
export async function forwardPort(target: ForwardTarget, port = 0): Promise<number> {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Error('only the program that entered the namespace can forward a port out of it');
  lastId += 1;
  const id = lastId;
  const { server, opened } = await new Promise<{ server: Server; opened: number }>((resolve, reject) => {
    const listener = (message: Partial<ListenAnswer>, handle: unknown): void => {
      if (message.id !== id) return;
      if (message.type === 'listening' && message.port !== undefined && handle instanceof Server) {
        resolve({ server: handle, opened: message.port });
      } else {
        reject(
          new Error(
            `127.0.0.1:${port} cannot be opened outside: ${message.type === 'not-listening' ? message.reason : 'no socket'}`,
          ),
        );
      }
      process.off('message', listener);
      process.channel?.unref();
    };
    process.on('message', listener);
    send({ type: 'listen', id, port } satisfies ListenRequest);
  });
  server.on('connection', (outside) => {
    const inside = connect(target.port, target.host);
    outside.pipe(inside).pipe(outside);
    for (const socket of [outside, inside]) {
      socket.on('error', () => {
        outside.destroy();
        inside.destroy();
      });
    }
  });
  server.unref();
  return opened;
}
