/** How much memory processes take, read from /proc. */
import { readFile } from 'node:fs/promises';

/** Resident set in bytes, as the kernel counts it now; 0 when the process has ended. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
