/** What answers of the API server mean: its Status objects and HTTP codes as the errors of the Cluster port. */
import { ApiError, type ApiErrorCode } from '../cluster.ts';

/** One complete HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** The parsed body; undefined when it was empty or not JSON. */
  readonly body: unknown;
  /** The start of a body that was not JSON. */
  readonly text: string | undefined;
}

/** Read when it is first looked at: of most answers to what was created, Events above all, nobody wants more than the code. */
export class UnreadAnswer implements Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  #bytes: Buffer | undefined;
  #read: Pick<Answer, 'body' | 'text'> = { body: undefined, text: undefined };

  constructor(status: number, retryAfterMs: number | undefined, bytes: Buffer) {
    this.status = status;
    this.retryAfterMs = retryAfterMs;
    this.#bytes = bytes;
  }

  get body(): unknown {
    return this.#content().body;
  }

  get text(): string | undefined {
    return this.#content().text;
  }

  #content(): Pick<Answer, 'body' | 'text'> {
    if (this.#bytes === undefined) return this.#read;
    const text = this.#bytes.toString('utf8');
    this.#bytes = undefined;
    this.#read = contentOf(text);
    return this.#read;
  }
}

function contentOf(text: string): Pick<Answer, 'body' | 'text'> {
  try {
    return { body: text === '' ? undefined : JSON.parse(text), text: undefined };
  } catch {
    return { body: undefined, text: text.slice(0, 200).trim() };
  }
}

/** The parts of a metav1.Status that are read. */
export interface Status {
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly code: number | undefined;
  readonly causes: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  readonly retryAfterSeconds: number | undefined;
}

export function statusOf(body: unknown): Status {
  const status = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const details = (typeof status.details === 'object' && status.details !== null ? status.details : {}) as Record<string, unknown>;
  return {
    reason: textOf(status.reason),
    message: textOf(status.message),
    code: typeof status.code === 'number' ? status.code : undefined,
    causes: Array.isArray(details.causes) ? (details.causes as Status['causes']) : [],
    retryAfterSeconds: typeof details.retryAfterSeconds === 'number' ? details.retryAfterSeconds : undefined,
  };
}

const codes: ReadonlyMap<number, ApiErrorCode> = new Map([
  [400, 'invalid'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [405, 'invalid'],
  [408, 'timeout'],
  [410, 'gone'],
  [413, 'invalid'],
  [415, 'invalid'],
  [422, 'invalid'],
  [429, 'too-many-requests'],
  [504, 'timeout'],
]);

/** The error for an answer that no caller expects; `request` names it in words, as in `patch replicasets shop/web`. */
export function errorFrom(answer: Answer, request: string): ApiError {
  const status = statusOf(answer.body);
  const retryAfterMs =
    answer.retryAfterMs ?? (status.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * 1000);
  const said = status.message ?? answer.text ?? 'no reason given';
  return new ApiError(
    codes.get(answer.status) ?? (answer.status >= 500 || answer.status === 409 ? 'unavailable' : 'bad-answer'),
    `${request}: ${said} (${answer.status})`,
    {
      status: answer.status,
      ...(status.reason === undefined ? {} : { reason: status.reason }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** The Status that ends a watch. */
export function errorFromStatus(body: unknown, request: string): ApiError {
  return errorFrom({ status: statusOf(body).code ?? 500, retryAfterMs: undefined, body, text: undefined }, request);
}

/** Retry-After in seconds, or as a date. Milliseconds; undefined when it says nothing that can be read. */
export function retryAfterMsFrom(header: string | readonly string[] | undefined, nowMs: number): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
