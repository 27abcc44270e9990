import { describe, expect, it } from 'vitest';
import { type Gateway, type Listener, meetGateway } from './gateway.ts';

const open: Listener = { name: 'web', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } };
const nothing = { gateway: undefined, gatewayUrl: undefined };

function gateway(name: string, listeners: readonly Listener[], status: Gateway['status'] = {}): Gateway {
  const ready = { conditions: [{ type: 'Programmed', status: 'True' }], addresses: [{ value: '10.0.0.1' }] };
  return { metadata: { namespace: 'edge', name }, spec: { listeners }, status: { ...ready, ...status } };
}

const wish = (name: string) => ({ gateway: { namespace: 'edge', name }, gatewayUrl: undefined });
const closed: Listener = { name: 'own', port: 80, protocol: 'HTTP' };
const unready = { conditions: [{ type: 'Programmed', status: 'False' }] };

describe('the gateway that the shop is behind', () => {
  it('is the first by name that is programmed, has an address and takes routes of all namespaces', () => {
    const tls: Listener = { ...open, name: 'tls', port: 443, protocol: 'HTTPS' };
    const grpc: Listener = { ...open, name: 'grpc', allowedRoutes: { ...open.allowedRoutes, kinds: [{ kind: 'GRPCRoute' }] } };
    const all = [gateway('d', [open]), gateway('c', [tls, grpc, open]), gateway('b', [closed]), gateway('a', [open], unready)];
    expect(meetGateway(all, nothing)).toEqual({
      namespace: 'edge',
      name: 'c',
      sectionName: 'web',
      host: 'shop.example',
      url: 'http://10.0.0.1:80',
    });
    expect(meetGateway(all, wish('d')).name).toBe('d');
  });

  it('gets a host name of its own under the listener’s, and that of a listener for one host only when it is asked for', () => {
    expect(meetGateway([gateway('a', [{ ...open, hostname: '*.apps.example' }])], nothing).host).toBe('rampart-demo.apps.example');
    const one = [gateway('a', [{ ...open, hostname: 'www.example' }])];
    expect(() => meetGateway(one, nothing)).toThrow('edge/a has no such listener');
    expect(meetGateway(one, wish('a')).host).toBe('www.example');
  });

  it('is reached where the user says, else at its address', () => {
    const url = 'http://127.0.0.1:8080';
    expect(meetGateway([gateway('a', [open], { addresses: [] })], { gateway: undefined, gatewayUrl: url }).url).toBe(url);
    expect(meetGateway([gateway('a', [open], { addresses: [{ value: 'fd00::1' }] })], nothing).url).toBe('http://[fd00::1]:80');
  });

  it('may be for chosen namespaces when it is asked for', () => {
    const chosen: Listener = { ...open, allowedRoutes: { namespaces: { from: 'Selector' } } };
    expect(() => meetGateway([gateway('a', [chosen])], nothing)).toThrow('has no such listener');
    expect(meetGateway([gateway('a', [chosen])], wish('a')).sectionName).toBe('web');
  });

  it.each<[string, readonly Gateway[], RegExp]>([
    ['none at all', [], /This cluster has no Gateway: the demo needs a Gateway that/],
    ['an unfinished one', [gateway('a', [open], unready)], /edge\/a is not programmed/],
    ['one without an address', [gateway('a', [open], { addresses: [] })], /edge\/a has no address .* --gateway-url/],
    ['two that do not fit', [gateway('a', [closed]), gateway('b', [open], unready)], /a has no such listener; edge\/b is not/],
  ])('is missed in a sentence: %s', (_, all, sentence) => {
    expect(() => meetGateway(all, nothing)).toThrow(sentence);
  });

  it('is not another one than the one asked for', () => {
    expect(() => meetGateway([gateway('a', [open])], wish('b'))).toThrow('There is no Gateway edge/b; there is edge/a.');
  });
});
