/**
 * etcd by its JSON gateway: everything that is ever written, followed from a revision on, and compaction. What the API server tells its watches
 * stops when it does; this goes on, so no version of an object is missed.
 */

export interface Written {
  /** Revision of etcd, which is the object's resource version. */
  readonly revision: bigint;
  readonly key: string;
  /** Undefined: deleted. */
  readonly value: string | undefined;
}

interface WatchAnswer {
  readonly result?: {
    readonly canceled?: boolean;
    readonly cancel_reason?: string;
    readonly events?: readonly {
      readonly type?: string;
      readonly kv: { readonly key: string; readonly mod_revision: string; readonly value?: string };
    }[];
  };
  readonly error?: { readonly message?: string };
}

const prefix = '/registry/';
/** The first key behind all that begin with the prefix. */
const behind = '/registry0';

export class Etcd {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async revision(): Promise<bigint> {
    const { header } = (await this.#ask('/v3/maintenance/status', {})) as { readonly header: { readonly revision: string } };
    return BigInt(header.revision);
  }

  /** Forgets all versions before this one. */
  async compact(revision: bigint): Promise<void> {
    await this.#ask('/v3/kv/compaction', { revision: String(revision), physical: true });
  }

  /** Calls back with every write behind a revision, in order. Settles when the signal aborts; rejects when anything would be missed. */
  async follow(after: bigint, see: (written: Written) => void, signal: AbortSignal): Promise<void> {
    const request = { key: base64(prefix), range_end: base64(behind), start_revision: String(after + 1n) };
    try {
      const answer = await this.#post('/v3/watch', { create_request: request }, signal);
      const decoder = new TextDecoder();
      let rest = '';
      for await (const chunk of answer.body ?? []) {
        const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') tell(JSON.parse(line) as WatchAnswer, see);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (!signal.aborted) throw new Error('etcd ended the watch');
  }

  async #ask(path: string, body: object): Promise<unknown> {
    return await (await this.#post(path, body)).json();
  }

  async #post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    const answer = await fetch(`${this.#url}${path}`, { method: 'POST', body: JSON.stringify(body), ...(signal && { signal }) });
    if (!answer.ok) throw new Error(`etcd answers ${path} with ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}

function tell({ result, error }: WatchAnswer, see: (written: Written) => void): void {
  if (error !== undefined) throw new Error(`etcd: ${error.message}`);
  if (result?.canceled) throw new Error(`etcd cancels the watch: ${result.cancel_reason}`);
  for (const { type, kv } of result?.events ?? []) {
    const value = type === 'DELETE' || kv.value === undefined ? undefined : text(kv.value);
    see({ revision: BigInt(kv.mod_revision), key: text(kv.key), value });
  }
}

function base64(plain: string): string {
  return Buffer.from(plain).toString('base64');
}

function text(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('utf8');
}
