import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Surroundings } from './environment.ts';
import type { Volume } from './pod-types.ts';
import { tokensOf, volumeFiles, volumeReferences } from './volume-content.ts';
import { writeVolume } from './volume-writer.ts';

const around: Surroundings = {
  pod: { metadata: { name: 'p', namespace: 'n' }, spec: { containers: [] } },
  podIp: '',
  hostIp: '',
  config: new Map(),
  allocatable: {},
};
const objects = new Map([
  ['configmap/c', { a: Buffer.from('1'), b: Buffer.from('2') }],
  ['secret/s', { key: Buffer.from([0, 255]) }],
]);
const token: Volume = {
  name: 'token',
  projected: {
    sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607, audience: 'me' } },
      { configMap: { name: 'c', items: [{ key: 'a', path: 'deep/a.txt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ],
  },
};
const contents = (volume: Volume, tokens: readonly string[] = []) =>
  [...volumeFiles(volume, objects, tokens, around)].map(([path, { content }]) => [path, content.toString()]);

describe('volumeFiles', () => {
  it('projects tokens, objects and fields into one volume', () => {
    expect(tokensOf(token)).toEqual([{ audience: 'me', expirationSeconds: 3607 }]);
    expect(contents(token, ['t0ken'])).toEqual([
      ['token', 't0ken'],
      ['deep/a.txt', '1'],
      ['namespace', 'n'],
    ]);
  });

  it('takes whole objects, or the items that are named, and refuses what must be there and is not', () => {
    expect(contents({ name: 'v', configMap: { name: 'c' } })).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(volumeFiles({ name: 'v', secret: { secretName: 's' } }, objects, [], around).get('key')?.content).toEqual(
      Buffer.from([0, 255]),
    );
    expect(contents({ name: 'v', configMap: { name: 'none', optional: true } })).toEqual([]);
    expect(() => contents({ name: 'v', configMap: { name: 'none' } })).toThrow('configmap "none" not found');
    const items = [{ key: 'x', path: 'x' }];
    expect(() => contents({ name: 'v', configMap: { name: 'c', items } })).toThrow('has no key "x"');
    expect(() => contents({ name: 'v' })).toThrow('of a kind that the process kubelet does not know');
  });

  it('names the objects it needs', () => {
    expect([...volumeReferences([token, { name: 's', secret: { secretName: 's' } }, { name: 'e', emptyDir: {} }])]).toEqual([
      'configmap/c',
      'secret/s',
    ]);
  });
});

describe('writeVolume', () => {
  let directory = '';
  afterEach(async () => await rm(directory, { recursive: true, force: true }));

  it('replaces everything at once and leaves nothing of the old behind', async () => {
    directory = await mkdtemp(join(tmpdir(), 'volume-'));
    await writeVolume(directory, volumeFiles(token, objects, ['old'], around));
    await writeVolume(directory, volumeFiles(token, objects, ['new'], around));
    expect(await readFile(join(directory, 'token'), 'utf8')).toBe('new');
    expect(await readFile(join(directory, 'deep/a.txt'), 'utf8')).toBe('1');
    const names = await readdir(directory);
    expect(names.filter((name) => !name.startsWith('..')).sort()).toEqual(['deep', 'namespace', 'token']);
    expect(names.filter((name) => name.startsWith('..'))).toHaveLength(2);
  });

  it('refuses a path out of the volume', async () => {
    directory = await mkdtemp(join(tmpdir(), 'volume-'));
    const files = new Map([['../out', { content: 'x', mode: 0o600 }]]);
    await expect(writeVolume(directory, files)).rejects.toThrow('leads out of its volume');
  });
});
