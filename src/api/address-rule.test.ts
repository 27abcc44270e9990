import { expect, it } from 'vitest';
import { parseAddressRule } from './address-rule.ts';

it.each([
  ['10.0.0.0/8', { kind: 'network', address: '10.0.0.0', prefix: 8, family: 'ipv4' }],
  ['10.1.2.3', { kind: 'network', address: '10.1.2.3', prefix: 32, family: 'ipv4' }],
  ['0.0.0.0/0', { kind: 'network', address: '0.0.0.0', prefix: 0, family: 'ipv4' }],
  ['FD00::/8', { kind: 'network', address: 'fd00::', prefix: 8, family: 'ipv6' }],
  ['::1', { kind: 'network', address: '::1', prefix: 128, family: 'ipv6' }],
  ['prometheus.monitoring', { kind: 'host', pattern: 'prometheus.monitoring' }],
  ['*.Monitoring.svc.', { kind: 'host', pattern: '*.monitoring.svc' }],
  ['*', { kind: 'host', pattern: '*' }],
])('%s', (text, rule) => {
  expect(parseAddressRule(text)).toEqual(rule);
});

it.each([
  '',
  '/',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0',
  '10.0.0.*/8',
  'fd00::/129',
  'http://shop',
  'shop:80',
  'a b',
  '[::1]',
])('"%s" is no rule', (text) => {
  expect(parseAddressRule(text)).toBeUndefined();
});
