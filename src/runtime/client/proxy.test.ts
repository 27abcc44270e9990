import { expect, test } from 'vitest';
import { proxyFor } from './proxy.ts';

const proxy = 'http://proxy.example:3128';

test.each<[string, string | undefined, Record<string, string>, string | undefined]>([
  ['https://api.example:6443', undefined, {}, undefined],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy }, proxy],
  ['https://api.example:6443', undefined, { https_proxy: 'proxy.example:3128' }, proxy],
  ['https://api.example:6443', undefined, { HTTP_PROXY: proxy }, undefined],
  ['http://api.example', undefined, { HTTP_PROXY: proxy }, proxy],
  ['https://api.example:6443', 'socks5://own:1080', { HTTPS_PROXY: proxy, NO_PROXY: '*' }, 'socks5://own:1080'],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: '*' }, undefined],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: 'other, example' }, undefined],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: '.example' }, undefined],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: '.api.example' }, proxy],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: 'pi.example' }, proxy],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: 'api.example:6443' }, undefined],
  ['https://api.example:6443', undefined, { HTTPS_PROXY: proxy, NO_PROXY: 'api.example:443' }, proxy],
  ['https://10.96.0.1', undefined, { HTTPS_PROXY: proxy, NO_PROXY: '10.96.0.0/12' }, undefined],
  ['https://10.112.0.1', undefined, { HTTPS_PROXY: proxy, NO_PROXY: '10.96.0.0/12' }, proxy],
  ['https://10.96.0.1', undefined, { HTTPS_PROXY: proxy, NO_PROXY: '0.1' }, proxy],
  ['https://[fd00::1]:6443', undefined, { HTTPS_PROXY: proxy, no_proxy: 'fd00::/8' }, undefined],
  ['https://[fd00::1]:6443', undefined, { HTTPS_PROXY: proxy, no_proxy: '10.0.0.0/8' }, proxy],
  ['https://127.0.0.1:6443', undefined, { HTTPS_PROXY: proxy }, undefined],
  ['https://localhost:6443', undefined, { HTTPS_PROXY: proxy }, undefined],
])('%s with %s and %o goes by %s', (server, configured, environment, expected) => {
  expect(proxyFor(new URL(server), configured, environment)).toBe(expected);
});
