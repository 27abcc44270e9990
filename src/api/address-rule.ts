/** One entry of the lists that say which addresses metrics may be asked at: a network in CIDR notation, one address, or a host name with `*` in it. */
import { isIP } from 'node:net';

export type AddressRule =
  | { readonly kind: 'network'; readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }
  /** In lower case; `*` stands for anything, dots included. */
  | { readonly kind: 'host'; readonly pattern: string };

const HOST = /^(?=.*[a-z*])[a-z0-9*](?:[a-z0-9._*-]{0,251}[a-z0-9*])?$/;
const BITS = { 4: 32, 6: 128 } as const;

/** undefined where the text is none of the three. */
export function parseAddressRule(text: string): AddressRule | undefined {
  const [address = '', length, ...rest] = text.trim().toLowerCase().split('/');
  const version = isIP(address);
  if (version === 4 || version === 6) {
    const prefix = length === undefined ? BITS[version] : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
    if (rest.length > 0 || !(prefix >= 0 && prefix <= BITS[version])) return undefined;
    return { kind: 'network', address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
  }
  const pattern = address.replace(/\.$/, '');
  return length === undefined && HOST.test(pattern) ? { kind: 'host', pattern } : undefined;
}
