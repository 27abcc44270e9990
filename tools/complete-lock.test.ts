import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { completeLock, type Lock, platformOf } from './complete-lock.ts';

describe('completeLock', () => {
  const lock = {
    name: 'shop',
    packages: {
      '': {},
      'node_modules/tool': {
        version: '1.2.3',
        dev: true,
        optionalDependencies: { '@tool/linux-x64': '1.2.3', '@tool/win32-arm64': '1.2.3', '@tool/linux-arm64-musl': '1.2.3' },
      },
      'node_modules/tool/node_modules/@tool/linux-x64': { version: '1.2.3', integrity: 'sha512-x' },
    },
  };

  it('adds what is missing, for its platform alone', () => {
    const { lock: completed, added, unknown } = completeLock<Lock>(lock);
    expect(added).toEqual(['@tool/win32-arm64@1.2.3', '@tool/linux-arm64-musl@1.2.3']);
    expect(unknown).toEqual([]);
    expect(completed).toEqual({
      ...lock,
      packages: {
        ...lock.packages,
        'node_modules/@tool/win32-arm64': { version: '1.2.3', optional: true, dev: true, cpu: ['arm64'], os: ['win32'] },
        'node_modules/@tool/linux-arm64-musl': {
          version: '1.2.3',
          optional: true,
          dev: true,
          cpu: ['arm64'],
          os: ['linux'],
          libc: ['musl'],
        },
      },
    });
    expect(Object.keys(completed.packages)).toEqual(Object.keys(completed.packages).sort());
  });

  it('changes nothing the second time', () => {
    const { lock: completed } = completeLock<Lock>(lock);
    expect(completeLock(completed)).toEqual({ lock: completed, added: [], unknown: [] });
    expect(completeLock(completed).lock).toBe(completed);
  });

  it('guesses neither a version nor a platform', () => {
    const optionalDependencies = { '@tool/linux-x64': '^1.0.0', fsevents: '2.3.3' };
    const { added, unknown } = completeLock<Lock>({ packages: { '': { optionalDependencies } } });
    expect([added, unknown]).toEqual([[], ['@tool/linux-x64@^1.0.0', 'fsevents@2.3.3']]);
  });

  it.each([
    ['@esbuild/linux-ppc64', { cpu: ['ppc64'], os: ['linux'] }],
    ['@biomejs/cli-win32-x64', { cpu: ['x64'], os: ['win32'] }],
    ['lightningcss-linux-arm-gnueabihf', { cpu: ['arm'], os: ['linux'], libc: ['glibc'] }],
    ['@rolldown/binding-android-arm-eabi', { cpu: ['arm'], os: ['android'] }],
    ['@rolldown/binding-wasm32-wasi', { cpu: ['wasm32'] }],
    ['nan', undefined],
  ])('%s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform);
  });
});

describe('package-lock.json of this repository', () => {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
    packages: Record<string, Lock['packages'][string] & { readonly integrity?: string }>;
  };

  it('has all it needs', () => {
    expect(completeLock(lock)).toEqual({ lock, added: [], unknown: [] });
  });

  it('gets back what npm had left out of it', () => {
    const packages = Object.fromEntries(
      Object.entries(lock.packages).filter(([place, { integrity }]) => place === '' || integrity),
    );
    expect(Object.keys(packages).length).toBeLessThan(Object.keys(lock.packages).length);
    expect(completeLock({ ...lock, packages }).lock.packages).toEqual(lock.packages);
  });
});
