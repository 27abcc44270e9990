/** What the accounts of the chart asked the API server for, read from its audit log. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { chartRoles, right, rightFor } from './granted.ts';

export interface UsedRights {
  /** Right, as the role grants it that allowed it -> requests. */
  readonly allowed: Readonly<Record<string, number>>;
  /** Right that a role of somebody else allowed -> name of that role. */
  readonly lent: Readonly<Record<string, string>>;
  /** Right that nobody granted -> where it was asked for, first. */
  readonly refused: Readonly<Record<string, string>>;
}

interface Entry {
  readonly verb: string;
  readonly stageTimestamp: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly annotations?: Readonly<Record<string, string>>;
}

const accountOfChart = /^system:serviceaccount:[^:]+:rampart(-|$)/;
const allowing = /of (?:Cluster)?Role "([^"]+)"/;

export async function usedRights(auditLog: string): Promise<UsedRights> {
  const tally = new Tally();
  for await (const line of createInterface({ input: createReadStream(auditLog), crlfDelay: Number.POSITIVE_INFINITY }))
    if (line !== '') tally.add(JSON.parse(line) as Entry);
  return tally.rights();
}

/** Counts entries in the order of the log. */
class Tally {
  readonly #allowed: Record<string, number> = {};
  readonly #lent: Record<string, string> = {};
  readonly #refused: Record<string, string> = {};
  /** Their roles go while what used them is still there. */
  readonly #ended = new Set<string>();

  add({ verb, user, objectRef, annotations = {}, stageTimestamp }: Entry): void {
    if (objectRef === undefined) return;
    const { resource, subresource, apiGroup = '', namespace = '', name = '' } = objectRef;
    if (verb === 'delete' && resource === 'namespaces') this.#ended.add(name);
    const username = user?.username ?? '';
    if (!accountOfChart.test(username)) return;
    const what = right(verb, subresource === undefined ? resource : `${resource}/${subresource}`, apiGroup);
    if (annotations['authorization.k8s.io/decision'] === 'forbid') {
      if (!this.#ended.has(namespaceOf(username)) && !this.#ended.has(namespace))
        this.#refused[what] ??= `${namespace}/${name} at ${stageTimestamp} by ${username}`;
      return;
    }
    const role = allowing.exec(annotations['authorization.k8s.io/reason'] ?? '')?.[1] ?? '';
    if (!role.startsWith(chartRoles)) this.#lent[what] ??= role;
    else {
      const granted = rightFor(role, what);
      this.#allowed[granted] = (this.#allowed[granted] ?? 0) + 1;
    }
  }

  rights(): UsedRights {
    return { allowed: this.#allowed, lent: this.#lent, refused: this.#refused };
  }
}

const namespaceOf = (account: string): string => account.split(':')[2] ?? '';
