/** Turns the lines of a watch into events. Each line is parsed once, and what it holds is handed on as it is. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { ApiError, type WatchEvent } from '../cluster.ts';
import { errorFromStatus } from './answer.ts';
import { LineTooLong, lines } from './line-splitter.ts';
import { connectionError } from './transport.ts';

/** Far above what etcd lets an object be, with room for its bookkeeping. */
export const longestEventBytes = 32 * 1024 * 1024;

const initialEventsEnd = 'k8s.io/initial-events-end';

/** Ends quietly when the signal aborts; throws ApiError when the stream breaks or says something that is no event. */
export async function* watchEvents<T extends KubeObject>(
  body: AsyncIterable<Uint8Array>,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  try {
    for await (const line of lines(body, longestEventBytes)) yield parseEvent<T>(line, what);
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof LineTooLong) throw new ApiError('bad-answer', `${what}: ${error.message}`, { cause: error });
    throw connectionError(error, { what });
  }
}

function parseEvent<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  const event = parsed(line, what);
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (typeof event.object?.metadata?.name !== 'string') break;
      return { type: event.type, object: event.object as T };
    case 'BOOKMARK': {
      const metadata = event.object?.metadata;
      if (typeof metadata?.resourceVersion !== 'string') break;
      return {
        type: 'BOOKMARK',
        resourceVersion: metadata.resourceVersion,
        initialEventsEnd: metadata.annotations?.[initialEventsEnd] === 'true',
      };
    }
    case 'ERROR':
      return { type: 'ERROR', error: errorFromStatus(event.object, what) };
  }
  throw new ApiError('bad-answer', `${what}: the stream holds something that is no event: ${line.slice(0, 200)}`);
}

function parsed(line: string, what: string): { type?: unknown; object?: Partial<KubeObject> } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch (cause) {
    throw new ApiError('bad-answer', `${what}: the stream holds something that is not JSON: ${line.slice(0, 200)}`, { cause });
  }
  return {};
}
