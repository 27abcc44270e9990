/**
 * The only door to Kubernetes. The real client and the virtual cluster implement it; one contract suite holds both to the same
 * behaviour. What a caller must expect (conflict, not found, already exists) is a result; everything else is thrown as ApiError.
 */
import type { KubeObject, Resource } from '../api/kubernetes.ts';

export type { Resource };

export interface ObjectKey {
  /** Undefined for cluster-scoped objects. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface ListOptions {
  /** Undefined lists all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Objects a page; the server may return fewer. */
  readonly limit?: number;
  readonly continueToken?: string;
  /** `'0'`: whatever the server has cached; undefined: the newest. */
  readonly resourceVersion?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Undefined on the last page. */
  readonly continueToken: string | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  /** Asks for the present state as ADDED events first, ended by a bookmark with annotation `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean;
  readonly timeoutSeconds?: number;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  /** The server ended the watch with a Status, for instance 410 Gone. */
  | { readonly type: 'ERROR'; readonly error: ApiError };

export type Patch =
  | { readonly type: 'merge'; readonly body: unknown }
  | { readonly type: 'strategic'; readonly body: unknown }
  | { readonly type: 'json'; readonly body: readonly JsonPatchOperation[] }
  | { readonly type: 'apply'; readonly body: unknown; readonly fieldManager: string; readonly force?: boolean };

export interface JsonPatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test' | 'move' | 'copy';
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** `conflict`: the object is newer than the resourceVersion that the caller named (or a JSON patch `test` failed). */
export type WriteResult<T> =
  | { readonly outcome: 'done'; readonly object: T }
  | { readonly outcome: 'conflict' }
  | { readonly outcome: 'not-found' };

export type CreateResult<T> =
  | { readonly outcome: 'done'; readonly object: T }
  | { readonly outcome: 'already-exists' }
  /** The namespace does not exist or is going away. */
  | { readonly outcome: 'not-found' };

export interface WriteOptions {
  /** Undefined writes the object itself. */
  readonly subresource?: 'status' | 'scale';
  readonly signal?: AbortSignal;
}

export interface DeleteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly signal?: AbortSignal;
}

export interface Cluster {
  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, signal?: AbortSignal): Promise<T | undefined>;
  list<T extends KubeObject>(resource: Resource<T>, options: ListOptions, signal?: AbortSignal): Promise<Page<T>>;
  /** Ends when the server or the signal ends it; throws ApiError if the watch cannot be opened or breaks. */
  watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<CreateResult<T>>;
  /** The whole object; guarded by its `metadata.resourceVersion` when it has one. */
  replace<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<WriteResult<T>>;
  /** Guarded when the patch body carries `metadata.resourceVersion` (merge, apply) or a `test` operation (json). */
  patch<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, patch: Patch, options?: WriteOptions): Promise<WriteResult<T>>;
  delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<'done' | 'conflict' | 'not-found'>;
  /** Asks for an eviction under disruption budgets; `blocked` when a budget says not now. */
  evict(pod: ObjectKey, signal?: AbortSignal): Promise<'done' | 'blocked' | 'not-found'>;
}

export type ApiErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'gone'
  | 'invalid'
  | 'too-many-requests'
  | 'unavailable'
  | 'aborted'
  | 'bad-answer';

/** The kind decides the policy: see `isTransient`. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** HTTP status, or undefined when there was no answer. */
  readonly status: number | undefined;
  /** Kubernetes' own reason (`Forbidden`, `Invalid`, ...), where it gave one. */
  readonly reason: string | undefined;
  /** What the server asked for by Retry-After, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ApiErrorCode,
    message: string,
    details: { status?: number; reason?: string; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ApiError';
    this.code = code;
    this.status = details.status;
    this.reason = details.reason;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** True where trying the same again later can help without anyone changing anything. */
  get isTransient(): boolean {
    return this.code !== 'forbidden' && this.code !== 'invalid' && this.code !== 'aborted';
  }
}
