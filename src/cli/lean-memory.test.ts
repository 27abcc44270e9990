import { describe, expect, it } from 'vitest';
import { leanLaunch } from './lean-memory.ts';

describe('how the controller begins', () => {
  it('keeps what it was started with and adds its own settings', () => {
    expect(leanLaunch('linux', { HOME: '/root' }, ['--enable-source-maps'])).toEqual({
      flags: ['--max-semi-space-size=4', '--initial-old-space-size=32', '--heap-growing-percent=40', '--enable-source-maps'],
      environment: { HOME: '/root', MALLOC_MMAP_THRESHOLD_: '32768' },
    });
  });

  it('happens once', () => {
    const first = leanLaunch('linux', {}, []);
    expect(leanLaunch('linux', first?.environment ?? {}, first?.flags ?? [])).toBeUndefined();
  });

  it('leaves alone what somebody has chosen', () => {
    expect(leanLaunch('linux', { MALLOC_MMAP_THRESHOLD_: '1048576' }, [])).toBeUndefined();
    expect(leanLaunch('linux', { NODE_OPTIONS: '--max-semi-space-size=32' }, [])?.flags).toEqual([]);
    expect(leanLaunch('linux', { NODE_OPTIONS: '--max-old-space-size=512' }, [])?.flags).toEqual([]);
    expect(leanLaunch('linux', {}, ['--min-semi-space-size=8'])?.flags).toEqual(['--min-semi-space-size=8']);
  });

  it('is of no use without the allocator it is meant for', () => {
    expect(leanLaunch('darwin', {}, [])).toBeUndefined();
  });
});
