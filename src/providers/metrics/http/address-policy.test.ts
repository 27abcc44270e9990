import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type AddressRule, parseAddressRule } from '../../../api/address-rule.ts';
import { AddressPolicy, type AddressPolicyOptions } from './address-policy.ts';

const rules = (...texts: readonly string[]): readonly AddressRule[] =>
  texts.map((text) => parseAddressRule(text) ?? expect.fail(`${text} is no rule`));

const refusal = (host: string, options: AddressPolicyOptions = {}): string => {
  try {
    new AddressPolicy(options).checkHost(new URL(`http://${host}/`).hostname);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const lookUp = (policy: AddressPolicy, host: string, options: object = { all: true }) =>
  new Promise<string | readonly LookupAddress[]>((resolve, reject) => {
    policy.lookup(host, options, (error, answer) => (error === null ? resolve(answer) : reject(error)));
  });

const resolvingTo =
  (...addresses: readonly string[]): NonNullable<AddressPolicyOptions['resolve']> =>
  (_, answer) =>
    answer(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );

describe('addresses that are written as such', () => {
  it.each([
    '169.254.169.254',
    '169.254.0.1',
    '169.254.170.23',
    '2852039166',
    '0xa9.254.169.254',
    '169.254.43518',
    '[::ffff:169.254.169.254]',
    '[::ffff:a9fe:a9fe]',
    '[::a9fe:a9fe]',
    '[64:ff9b::a9fe:a9fe]',
    '[2002:a9fe:a9fe::1]',
    '[fe80::1]',
    '[febf::1]',
    '[fd00:ec2::254]',
    '[fd20:ce::254]',
    '100.100.100.200',
    '168.63.129.16',
  ])('%s is refused everywhere', (host) => {
    expect(refusal(host)).toContain('link-local or a metadata service');
    expect(refusal(host, { allow: rules('0.0.0.0/0', '::/0', '*') })).toContain('link-local or a metadata service');
  });

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '127.255.255.254',
    '0.0.0.0',
    '0',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:0.0.0.0]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
  ])('%s is refused in a cluster', (host) => {
    expect(refusal(host, { inCluster: true })).toContain("the controller's own machine");
    expect(refusal(host)).toBe('');
  });

  it.each(['10.0.0.7', '192.168.1.1', '8.8.8.8', '[fd00::1]', '[2001:db8::1]', '[::ffff:10.0.0.7]', '170.254.0.1'])(
    '%s may be asked',
    (host) => {
      expect(refusal(host, { inCluster: true })).toBe('');
    },
  );
});

describe('lists', () => {
  it.each([
    ['10.1.2.3', { deny: rules('10.0.0.0/8') }, 'deny'],
    ['[::ffff:10.1.2.3]', { deny: rules('10.0.0.0/8') }, 'deny'],
    ['11.1.2.3', { deny: rules('10.0.0.0/8') }, ''],
    ['shop.internal', { deny: rules('*.internal') }, 'deny'],
    ['SHOP.internal.', { deny: rules('*.internal') }, 'deny'],
    ['internal', { deny: rules('*.internal') }, ''],
    ['shopxinternal', { deny: rules('shop.internal') }, ''],
    ['10.1.2.3', { allow: rules('10.0.0.0/8') }, ''],
    ['11.1.2.3', { allow: rules('10.0.0.0/8') }, 'not on the list of --metric-address-allow'],
    ['10.1.2.3', { allow: rules('10.0.0.0/8'), deny: rules('10.1.0.0/16') }, 'deny'],
    ['127.0.0.1', { inCluster: true, allow: rules('127.0.0.1') }, ''],
    ['127.0.0.2', { inCluster: true, allow: rules('127.0.0.1', '127.0.0.0/8') }, 'own machine'],
    ['169.254.20.10', { allow: rules('169.254.20.10') }, ''],
  ])('%s with %j', (host, options, words) => {
    if (words === '') expect(refusal(host, options)).toBe('');
    else expect(refusal(host, options)).toContain(words);
  });
});

describe('names', () => {
  it('are what they resolve to, all of it', async () => {
    const policy = new AddressPolicy({ inCluster: true, resolve: resolvingTo('10.0.0.1', '169.254.169.254') });
    await expect(lookUp(policy, 'innocent.example')).rejects.toThrow('Rampart does not ask innocent.example: it is link-local');
    const loopback = new AddressPolicy({ inCluster: true, resolve: resolvingTo('::1') });
    await expect(lookUp(loopback, 'innocent.example')).rejects.toThrow('own machine');
  });

  it('are given with the addresses that were judged', async () => {
    const policy = new AddressPolicy({ resolve: resolvingTo('10.0.0.1', 'fd00::1') });
    expect(await lookUp(policy, 'shop')).toEqual([
      { address: '10.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ]);
    expect(await lookUp(policy, 'shop', { family: 6 })).toBe('fd00::1');
    expect(await lookUp(policy, 'shop', { all: true, family: 'IPv4' })).toEqual([{ address: '10.0.0.1', family: 4 }]);
  });

  it('that are allowed by name may not lead to what is refused', async () => {
    const allow = rules('*.monitoring.svc');
    const inside = new AddressPolicy({ allow, resolve: resolvingTo('10.0.0.1') });
    expect(await lookUp(inside, 'prometheus.monitoring.svc', {})).toBe('10.0.0.1');
    await expect(lookUp(inside, 'elsewhere.svc', {})).rejects.toThrow('--metric-address-allow');
    const astray = new AddressPolicy({ allow, resolve: resolvingTo('169.254.169.254') });
    await expect(lookUp(astray, 'prometheus.monitoring.svc')).rejects.toThrow('link-local');
    const denied = new AddressPolicy({ deny: rules('10.0.0.0/8'), resolve: resolvingTo('10.0.0.1') });
    await expect(lookUp(denied, 'prometheus.monitoring.svc')).rejects.toThrow('--metric-address-deny');
  });

  it('that do not resolve say so', async () => {
    const failing = new AddressPolicy({ resolve: (host, answer) => answer(new Error(`getaddrinfo ENOTFOUND ${host}`), []) });
    await expect(lookUp(failing, 'nowhere')).rejects.toThrow('ENOTFOUND nowhere');
    await expect(lookUp(new AddressPolicy({ resolve: resolvingTo() }), 'nowhere')).rejects.toThrow('nowhere has no address');
  });
});
