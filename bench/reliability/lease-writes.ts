/**
 * Who wrote without the lease: read from the audit log of the API server. A write counts only where another one had taken the lease, and had its
 * answer, before the write even arrived; events, which change nothing, are left out.
 */
import { readFile } from 'node:fs/promises';

interface Entry {
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

export interface LeaseWrites {
  /** That changed something, events and the lease aside. */
  readonly writes: number;
  readonly withoutLease: readonly string[];
}

const changing = new Set(['create', 'update', 'patch', 'delete']);

export async function readLeaseWrites(auditLog: string, userPrefix: string): Promise<LeaseWrites> {
  const entries = (await readFile(auditLog, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(userPrefix))
    .flatMap((line) => parsed(line))
    .filter(({ user, verb, responseStatus }) => {
      const isDone = (responseStatus?.code ?? 0) >= 200 && (responseStatus?.code ?? 0) < 300;
      return user?.username?.startsWith(userPrefix) && changing.has(verb) && isDone;
    });
  return judge(entries);
}

export function judge(entries: readonly Entry[]): LeaseWrites {
  const leases = entries
    .filter(({ objectRef }) => objectRef?.resource === 'leases')
    .toSorted((a, b) => a.stageTimestamp.localeCompare(b.stageTimestamp));
  const others = entries.filter(({ objectRef }) => objectRef !== undefined && !['leases', 'events'].includes(objectRef.resource));
  const withoutLease = others.flatMap(({ user, verb, objectRef, requestReceivedTimestamp }) => {
    const last = leases.findLast(({ stageTimestamp }) => stageTimestamp < requestReceivedTimestamp)?.user?.username;
    if (last === undefined || last === user?.username) return [];
    const { resource, namespace, name } = objectRef ?? {};
    return [`${requestReceivedTimestamp} ${user?.username}: ${verb} ${resource} ${namespace}/${name} while ${last} leads`];
  });
  return { writes: others.length, withoutLease };
}

/** The last line before a kill may be torn. */
function parsed(line: string): readonly Entry[] {
  try {
    return [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
