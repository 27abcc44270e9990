/** Counts what one user asked of the API server, from its audit log. */
import { open } from 'node:fs/promises';

/** `verb resource` -> finished requests. */
export type Requests = ReadonlyMap<string, number>;

interface Entry {
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

const newline = 0x0a;

export class AuditReader {
  readonly #file: string;
  readonly #user: string;
  #offset = 0;

  constructor(file: string, user: string) {
    this.#file = file;
    this.#user = user;
  }

  /** What came since the last call. */
  async next(): Promise<Requests> {
    const counts = new Map<string, number>();
    const file = await open(this.#file);
    try {
      let rest = Buffer.alloc(0);
      for await (const chunk of file.createReadStream({ start: this.#offset, autoClose: false })) {
        const text = Buffer.concat([rest, chunk as Buffer]);
        // The last line may still be being written: it is read the next time.
        const end = text.lastIndexOf(newline) + 1;
        for (const line of text.toString('utf8', 0, end).split('\n')) this.#count(line, counts);
        this.#offset += end;
        rest = text.subarray(end);
      }
    } finally {
      await file.close();
    }
    return counts;
  }

  #count(line: string, counts: Map<string, number>): void {
    if (!line.includes(this.#user)) return;
    const { verb, user, objectRef } = JSON.parse(line) as Entry;
    if (user?.username !== this.#user || objectRef === undefined) return;
    const what = `${verb} ${objectRef.resource}${objectRef.subresource === undefined ? '' : `/${objectRef.subresource}`}`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
}

/** Writes that count against the budget: not events, not the lease. */
export function writes(requests: Requests): number {
  return sum(requests, (what) => /^(create|update|patch|delete) /.test(what) && !/ (events|leases)$/.test(what));
}

export function eventWrites(requests: Requests): number {
  return sum(requests, (what) => /^(create|patch) events$/.test(what));
}

function sum(requests: Requests, counts: (what: string) => boolean): number {
  return [...requests].reduce((total, [what, count]) => total + (counts(what) ? count : 0), 0);
}
