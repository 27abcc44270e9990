/**
 * Settings that keep the controller's memory small and that can only be given to a process as it begins: so it begins anew, in place,
 * under the same process id. Where that cannot be done, or somebody has chosen settings already, it goes on as it is.
 */

export interface Launch {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * From this size on the allocator of glibc gives memory back as soon as it is free. It is the size of the pieces in which V8 asks for
 * memory to parse and compile: without it the 20 MB that starting takes are never returned.
 */
const allocatorSetting = 'MALLOC_MMAP_THRESHOLD_';
const allocatorBytes = '32768';

/**
 * Flags of V8, in Node 24 as in 26: old garbage is collected from 32 MB on and whenever the heap has grown by 40 percent, instead of
 * four times its size on a large machine; young garbage in pieces of 4 MB. Less than half the heap, for half as much more CPU in collecting.
 */
const heapFlags = ['--max-semi-space-size=4', '--initial-old-space-size=32', '--heap-growing-percent=40'];

/** How the process should have been started; undefined if it was, or if nothing would be won. */
export function leanLaunch(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
): Launch | undefined {
  if (platform !== 'linux' || environment[allocatorSetting] !== undefined) return undefined;
  const chosen = `${environment.NODE_OPTIONS ?? ''} ${flags.join(' ')}`;
  return {
    flags: [...(/(?:semi|old)-space-size|heap-growing/.test(chosen) ? [] : heapFlags), ...flags],
    environment: { ...environment, [allocatorSetting]: allocatorBytes },
  };
}

/** Does not return where it begins anew. To be called before anything is loaded, opened or listened to. */
export function beginWithLeanMemory(): void {
  const launch = leanLaunch(process.platform, process.env, process.execArgv);
  if (launch === undefined || process.execve === undefined) return;
  const [program, ...args] = process.argv;
  try {
    process.execve(process.execPath, [program ?? 'node', ...launch.flags, ...args], { ...launch.environment });
  } catch {
    // A policy forbids it (Node's permission model): more memory is used, and nothing else differs.
  }
}
