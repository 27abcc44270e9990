/**
 * The Cluster port on a real API server. Results that callers must expect are returned, everything else is an ApiError; reads are
 * tried again a few times, writes never, since only their caller knows whether that is safe.
 */
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubeObject } from '../../api/kubernetes.ts';
import { type Clock, sleep } from '../clock.ts';
import {
  ApiError,
  type Cluster,
  type CreateResult,
  type DeleteOptions,
  type ListOptions,
  type ObjectKey,
  type Page,
  type Patch,
  type Resource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
  type WriteResult,
} from '../cluster.ts';
import { keyText } from '../object-key.ts';
import { type Answer, errorFrom, statusOf } from './answer.ts';
import { Credentials } from './credentials.ts';
import { proxyFor } from './proxy.ts';
import { RequestLimiter, type RequestLimits } from './request-limiter.ts';
import { collectionPath, deleteBody, listQuery, objectPath, query, watchQuery } from './request-path.ts';
import { type HttpRequest, Transport } from './transport.ts';
import { watchEvents } from './watch-stream.ts';

/** One request that was answered or broke. */
export interface RequestRecord {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';
  /** Plural, with the subresource: `replicasets`, `rollouts/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  readonly durationMs: number;
}

export interface KubernetesClientOptions {
  readonly config: KubeConfig;
  readonly clock: Clock;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** For proxies: HTTPS_PROXY, NO_PROXY. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Undefined for none. */
  readonly limits: RequestLimits | undefined;
  readonly userAgent?: string;
  /** Default 30 s, for each answer; watches last as long as they are asked to. */
  readonly timeoutMs?: number;
  /** Connections for requests other than watches. Default 50. */
  readonly connections?: number;
  readonly onRequest?: (record: RequestRecord) => void;
}

interface Call extends HttpRequest {
  readonly verb: RequestRecord['verb'];
  readonly resource: string;
  readonly key: Partial<ObjectKey>;
}

interface Parts {
  readonly transport: Transport;
  readonly limiter: RequestLimiter | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onRequest: ((record: RequestRecord) => void) | undefined;
}

const readAttempts = 4;
const longestReadDelayMs = 5_000;

export class KubernetesClient implements Cluster {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Sends nothing yet. Throws if the kubeconfig has no current cluster. */
  static create(options: KubernetesClientOptions): KubernetesClient {
    const { config, clock, limits, environment, random, onRequest } = options;
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error('The kubeconfig has no current cluster.');
    const server = new URL(cluster.server);
    const transport = new Transport({
      server,
      proxy: proxyFor(server, cluster.proxyUrl, environment),
      credentials: new Credentials({ config, clock }),
      clock,
      userAgent: options.userAgent ?? 'rampart',
      timeoutMs: options.timeoutMs ?? 30_000,
      connections: options.connections ?? 50,
    });
    const limiter = limits === undefined ? undefined : new RequestLimiter(clock, limits);
    return new KubernetesClient({ transport, limiter, clock, random, onRequest });
  }

  /** The same client, with connections shared, under other limits: none for lease renewals, their own for events. */
  withLimits(limits: RequestLimits | undefined): KubernetesClient {
    const limiter = limits === undefined ? undefined : new RequestLimiter(this.#parts.clock, limits);
    return new KubernetesClient({ ...this.#parts, limiter });
  }

  /** Breaks off whatever is under way, also in the clients made by `withLimits`. */
  close(): Promise<void> {
    return this.#parts.transport.close();
  }

  async get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey, signal?: AbortSignal): Promise<T | undefined> {
    const call = callFor('get', resource, key, { method: 'GET', path: objectPath(resource, key), signal });
    const answer = await this.#read(call);
    if (answer.status === 200) return answer.body as T;
    if (isNotFound(answer)) return undefined;
    throw errorFrom(answer, call.what);
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions, signal?: AbortSignal): Promise<Page<T>> {
    const path = collectionPath(resource, options.namespace) + listQuery(options);
    const call = callFor('list', resource, { namespace: options.namespace }, { method: 'GET', path, signal });
    const answer = await this.#read(call);
    if (answer.status !== 200) throw errorFrom(answer, call.what);
    return pageFrom(resource, answer, call.what);
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<T>> {
    const path = collectionPath(resource, options.namespace) + watchQuery(options);
    const ended = new AbortController();
    const call = callFor(
      'watch',
      resource,
      { namespace: options.namespace },
      {
        method: 'GET',
        path,
        signal: AbortSignal.any([signal, ended.signal]),
      },
    );
    try {
      await this.#admit(call);
      const startedMs = this.#parts.clock.monotonic();
      const opened = await this.#recording(call, startedMs, () => this.#parts.transport.stream(call));
      if ('answer' in opened) throw errorFrom(opened.answer, call.what);
      yield* watchEvents<T>(opened.body, call.what, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      ended.abort();
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<CreateResult<T>> {
    const path = collectionPath(resource, object.metadata.namespace);
    const body = JSON.stringify(withKind(resource, object));
    const call = callFor('create', resource, object.metadata, { method: 'POST', path, body, signal });
    const answer = await this.#send(call);
    if (answer.status < 300) {
      return {
        outcome: 'done',
        get object() {
          return answer.body as T;
        },
      };
    }
    const status = statusOf(answer.body);
    if (answer.status === 409 && status.reason === 'AlreadyExists') return { outcome: 'already-exists' };
    const isNamespaceGoing = answer.status === 403 && status.causes.some((cause) => cause.reason === 'NamespaceTerminating');
    if (isNotFound(answer) || isNamespaceGoing) return { outcome: 'not-found' };
    throw errorFrom(answer, call.what);
  }

  async replace<T extends KubeObject>(resource: Resource<T>, object: T, options: WriteOptions = {}): Promise<WriteResult<T>> {
    const { subresource, signal } = options;
    const path = objectPath(resource, object.metadata, subresource);
    const body = JSON.stringify(subresource === 'scale' ? object : withKind(resource, object));
    return this.#write(callFor('update', resource, object.metadata, { method: 'PUT', path, body, signal }, subresource));
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<WriteResult<T>> {
    const { subresource, signal } = options;
    const asked = patch.type === 'apply' ? query({ fieldManager: patch.fieldManager, force: patch.force }) : '';
    const path = objectPath(resource, key, subresource) + asked;
    const body = JSON.stringify(patch.type === 'apply' ? withKind(resource, patch.body as T) : patch.body);
    const request = { method: 'PATCH', path, body, contentType: patchTypes[patch.type], signal } as const;
    return this.#write(callFor('patch', resource, key, request, subresource), (answer) => isFailedTest(answer, patch));
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<'done' | 'conflict' | 'not-found'> {
    const asked = deleteBody(options);
    const body = asked === undefined ? {} : { body: JSON.stringify(asked) };
    const request = { method: 'DELETE', path: objectPath(resource, key), ...body, signal: options.signal } as const;
    return (await this.#write(callFor('delete', resource, key, request))).outcome;
  }

  async evict(pod: ObjectKey, signal?: AbortSignal): Promise<'done' | 'blocked' | 'not-found'> {
    const body = JSON.stringify({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace: pod.namespace, name: pod.name },
    });
    const request = { method: 'POST', path: objectPath(pods, pod, 'eviction'), body, signal } as const;
    const call = callFor('create', pods, pod, request, 'eviction');
    const answer = await this.#send(call);
    if (answer.status < 300) return 'done';
    if (isNotFound(answer)) return 'not-found';
    const isBudget = statusOf(answer.body).causes.some((cause) => cause.reason === 'DisruptionBudget');
    if (answer.status === 429 && isBudget) return 'blocked';
    throw errorFrom(answer, call.what);
  }

  async #write<T>(call: Call, isConflict: (answer: Answer) => boolean = () => false): Promise<WriteResult<T>> {
    const answer = await this.#send(call);
    if (answer.status < 300) return { outcome: 'done', object: answer.body as T };
    if (answer.status === 409 || isConflict(answer)) return { outcome: 'conflict' };
    if (isNotFound(answer)) return { outcome: 'not-found' };
    throw errorFrom(answer, call.what);
  }

  /** Reads change nothing, so they are tried again where that can help. */
  async #read(call: Call): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const result = await this.#send(call).catch((error: unknown) => error);
      const error =
        result instanceof Error ? result : isWorthAnotherTry(result as Answer) ? errorFrom(result as Answer, call.what) : undefined;
      if (error === undefined) return result as Answer;
      const isHopeless = !(error instanceof ApiError) || !retriedReads.has(error.code);
      if (isHopeless || attempt === readAttempts) throw error;
      const backoffMs = 100 * 2 ** attempt * (0.5 + this.#parts.random() / 2);
      await sleep(this.#parts.clock, Math.min(longestReadDelayMs, Math.max(error.retryAfterMs ?? 0, backoffMs)), call.signal);
    }
  }

  async #send(call: Call): Promise<Answer> {
    await this.#admit(call);
    return this.#recording(call, this.#parts.clock.monotonic(), () => this.#parts.transport.request(call));
  }

  async #admit(call: Call): Promise<void> {
    const wait = this.#parts.limiter?.acquire(call.signal);
    if (wait !== undefined) await wait;
    if (call.signal?.aborted) throw new ApiError('aborted', `${call.what}: given up`);
  }

  async #recording<R extends Answer | { answer: Answer } | { body: unknown }>(
    call: Call,
    startedMs: number,
    send: () => Promise<R>,
  ): Promise<R> {
    const { clock, onRequest } = this.#parts;
    const record = (status: number): void =>
      onRequest?.({
        verb: call.verb,
        resource: call.resource,
        namespace: call.key.namespace,
        name: call.key.name,
        status,
        durationMs: clock.monotonic() - startedMs,
      });
    try {
      const result = await send();
      record('answer' in result ? result.answer.status : 'status' in result ? result.status : 200);
      return result;
    } catch (error) {
      record(0);
      throw error;
    }
  }
}

const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };

const patchTypes: Readonly<Record<Patch['type'], string>> = {
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
};

const retriedReads: ReadonlySet<string> = new Set(['unreachable', 'unavailable', 'too-many-requests']);

function isWorthAnotherTry(answer: Answer): boolean {
  return answer.status === 429 || (answer.status >= 500 && answer.status !== 504);
}

function callFor(
  verb: Call['verb'],
  resource: Resource,
  key: Partial<ObjectKey>,
  request: Omit<HttpRequest, 'what'>,
  subresource?: string,
): Call {
  const named = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
  const where = key.name === undefined ? (key.namespace ?? '') : keyText({ namespace: key.namespace, name: key.name });
  return { ...request, verb, resource: named, key, what: `${verb} ${named}${where === '' ? '' : ` ${where}`}` };
}

/** A missing object has a Status for an answer; a missing kind of object has not, and that is an error. */
function isNotFound(answer: Answer): boolean {
  return answer.status === 404 && statusOf(answer.body).reason === 'NotFound';
}

/** The answer to a JSON patch whose test failed names no field; an invalid object does. */
function isFailedTest(answer: Answer, patch: Patch): boolean {
  const hasTest = patch.type === 'json' && patch.body.some((operation) => operation.op === 'test');
  return hasTest && answer.status === 422 && statusOf(answer.body).causes.length === 0;
}

function withKind<T extends KubeObject>(resource: Resource<T>, object: T): T {
  if (object.apiVersion !== undefined && object.kind !== undefined) return object;
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** Members of a list do not say what they are; outside of one they must. */
function pageFrom<T extends KubeObject>(resource: Resource<T>, answer: Answer, what: string): Page<T> {
  const list = answer.body as { items?: T[]; metadata?: { resourceVersion?: string; continue?: string } } | undefined;
  if (!Array.isArray(list?.items) || list.metadata?.resourceVersion === undefined) {
    throw new ApiError('bad-answer', `${what}: the answer is no list`, { status: answer.status });
  }
  const continueToken = list.metadata.continue;
  return {
    items: list.items.map((item) => withKind(resource, item)),
    resourceVersion: list.metadata.resourceVersion,
    continueToken: continueToken === '' ? undefined : continueToken,
  };
}
