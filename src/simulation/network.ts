/**
 * What lies between a client and the virtual API server, as far as it can be bad: requests that take time, are refused or lose their
 * answer, and watches that tell late. A network decides the fate of each request when it is made; the quiet one harms nobody.
 */
import type { ApiError, ObjectKey, Resource } from '../runtime/cluster.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'evict';

export interface Request {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly key: Partial<ObjectKey>;
  readonly subresource: 'status' | 'scale' | undefined;
  readonly actor: string;
}

export interface Fate {
  /** Until the server carries the request out. */
  readonly goingMs?: number;
  /** From then on until its answer is here. */
  readonly comingMs?: number;
  /** Not carried out: this is thrown instead. */
  readonly refused?: ApiError;
  /** Carried out, and this is thrown all the same. */
  readonly lost?: ApiError;
}

export interface Network {
  fateOf(request: Request): Fate;
  /** How late a watch of this kind tells of a change that happens now; what one watch tells stays in order. */
  watchDelayMs(resource: Resource): number;
}

const unharmed: Fate = {};

/** Everything at once, and nothing goes wrong. */
export const quietNetwork: Network = { fateOf: () => unharmed, watchDelayMs: () => 0 };

/** Every request takes so long, and watches are so late; nothing goes wrong. */
export function evenNetwork(latencyMs: number): Network {
  const fate: Fate = { goingMs: latencyMs };
  return { fateOf: () => fate, watchDelayMs: () => latencyMs };
}

export function isWrite({ verb }: Request): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'watch';
}
