/** Counts what one user asked of the API server, from its audit log. */
import { readFile } from 'node:fs/promises';

interface AuditEntry {
  readonly verb: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource: string; readonly subresource?: string };
}

/** `verb resource` -> how often this user asked for it and was answered. */
export async function requestsOf(user: string, auditLog: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const line of (await readFile(auditLog, 'utf8')).split('\n')) {
    if (!line.includes(user)) continue;
    const { verb, objectRef, user: who } = JSON.parse(line) as AuditEntry;
    if (who?.username !== user || objectRef === undefined) continue;
    const what = `${verb} ${objectRef.resource}${objectRef.subresource === undefined ? '' : `/${objectRef.subresource}`}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
