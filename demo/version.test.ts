import { describe, expect, it } from 'vitest';
import { type ShopContainer, versionIn } from './version.ts';

describe('versionIn', () => {
  it.each<[ShopContainer | undefined, string | undefined]>([
    [undefined, undefined],
    [{ image: 'shop:v2' }, 'v2'],
    [{ image: 'registry.example:5000/shop:v2' }, 'v2'],
    [{ image: 'registry.example:5000/shop@sha256:abc' }, undefined],
    [{ image: 'demo:x', env: [{ name: 'SHOP_VERSION', value: 'v3' }] }, 'v3'],
    [{ image: 'demo:x', env: [{ name: 'OTHER', value: 'v3' }] }, 'x'],
  ])('%j runs %s', (container, version) => {
    expect(versionIn(container)).toBe(version);
  });
});
