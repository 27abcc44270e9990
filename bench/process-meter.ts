/** CPU time and memory of one process, as the kernel counts them. */
import { readFile } from 'node:fs/promises';

/** USER_HZ: what /proc counts in, on every Linux that Node runs on. */
const ticksPerSecond = 100;

export interface Usage {
  readonly cpuSeconds: number;
  /** The largest resident set since the process began. */
  readonly peakMegabytes: number;
}

export async function usageOf(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const peakKilobytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond, peakMegabytes: peakKilobytes / 1024 };
}
