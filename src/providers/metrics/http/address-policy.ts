/**
 * Which addresses a template may have asked. The controller stands where its author does not: link-local addresses, where clouds keep the credentials of
 * machines, are refused, and so is the controller's own loopback when it runs in a cluster; the platform's lists narrow what is left. Names are judged by
 * what they resolve to, and it is the address that was judged that is connected to (`lookup`), so that a name cannot change in between.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { AddressRule } from '../../../api/address-rule.ts';
import { MetricProviderError } from '../metric-provider.ts';

export interface AddressPolicyOptions {
  /** Where there are any, nothing else may be asked. One that names a single address allows it even where it is refused otherwise. */
  readonly allow?: readonly AddressRule[];
  /** What must not be asked, whatever `allow` says. */
  readonly deny?: readonly AddressRule[];
  /** True refuses loopback. */
  readonly inCluster?: boolean;
  /** Asks for all addresses of a name; the system's resolver if absent. */
  readonly resolve?: Resolve;
}

export type Resolve = (host: string, answer: (error: Error | null, addresses: readonly LookupAddress[]) => void) => void;

type Network = readonly [address: string, prefix: number];

/** Link-local, what clouds answer at elsewhere, and how IPv6 writes the same. */
const METADATA: readonly Network[] = [
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
  ['::169.254.0.0', 112],
  ['64:ff9b::169.254.0.0', 112],
  ['2002:a9fe::', 32],
];
/** Addresses that mean this very machine. */
const LOOPBACK: readonly Network[] = [
  ['127.0.0.0', 8],
  ['0.0.0.0', 8],
  ['::', 127],
  ['::127.0.0.0', 104],
  ['64:ff9b::127.0.0.0', 104],
  ['2002:7f00::', 24],
];

export class AddressPolicy {
  private readonly metadata = blockList(METADATA);
  private readonly loopback: BlockList;
  private readonly allowed: Rules;
  private readonly denied: Rules;
  private readonly resolve: Resolve;

  constructor({ allow = [], deny = [], inCluster = false, resolve = systemResolve }: AddressPolicyOptions = {}) {
    this.loopback = blockList(inCluster ? LOOPBACK : []);
    this.allowed = new Rules(allow);
    this.denied = new Rules(deny);
    this.resolve = resolve;
  }

  /** For addresses that need no resolving; throws MetricProviderError where one must not be asked. Names wait for `lookup`. */
  checkHost(hostname: string): void {
    const host = bare(hostname);
    const refusal = this.denied.namesHost(host) ? refused(host, 'it is on the list of --metric-address-deny') : undefined;
    const found = refusal ?? (isIP(host) === 0 ? undefined : this.refusal(host, host));
    if (found !== undefined) throw found;
  }

  /** As `net.connect` takes it: gives the addresses of a name only if every one of them may be asked. */
  readonly lookup: LookupFunction = (hostname, { all, family }, callback) => {
    this.resolve(hostname, (error, addresses) => {
      const wanted = addresses.filter((one) => family === undefined || family === 0 || String(family).endsWith(String(one.family)));
      const [first] = wanted;
      const refusal = addresses.map(({ address }) => this.refusal(bare(hostname), address)).find((one) => one !== undefined);
      const problem = error ?? refusal ?? (first === undefined ? new Error(`${hostname} has no address`) : undefined);
      if (problem !== undefined || first === undefined) callback(problem ?? null, '', 4);
      else if (all === true) callback(null, wanted);
      else callback(null, first.address, first.family);
    });
  };

  private refusal(host: string, address: string): MetricProviderError | undefined {
    if (this.denied.namesAddress(address)) return refused(host, 'it is on the list of --metric-address-deny');
    if (this.allowed.namesExactly(address)) return undefined;
    if (contains(this.metadata, address)) return refused(host, 'it is link-local or a metadata service');
    if (contains(this.loopback, address)) return refused(host, "it is the controller's own machine");
    if (this.allowed.isEmpty || this.allowed.namesHost(host) || this.allowed.namesAddress(address)) return undefined;
    return refused(host, 'it is not on the list of --metric-address-allow');
  }
}

class Rules {
  readonly isEmpty: boolean;
  private readonly networks: BlockList;
  private readonly single: BlockList;
  private readonly hosts: readonly RegExp[];

  constructor(rules: readonly AddressRule[]) {
    this.isEmpty = rules.length === 0;
    const networks = rules.filter((rule) => rule.kind === 'network');
    this.networks = blockList(networks.map(({ address, prefix }) => [address, prefix]));
    const isSingle = ({ family, prefix }: { readonly family: string; readonly prefix: number }) =>
      prefix === (family === 'ipv4' ? 32 : 128);
    this.single = blockList(networks.filter(isSingle).map(({ address, prefix }) => [address, prefix]));
    this.hosts = rules.flatMap((rule) => (rule.kind === 'host' ? [glob(rule.pattern)] : []));
  }

  namesAddress(address: string): boolean {
    return contains(this.networks, address);
  }

  namesExactly(address: string): boolean {
    return contains(this.single, address);
  }

  namesHost(host: string): boolean {
    return this.hosts.some((pattern) => pattern.test(host));
  }
}

function blockList(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}

/** IPv4 within IPv6 (`::ffff:127.0.0.1`) is found in both notations. */
function contains(list: BlockList, address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
}

function glob(pattern: string): RegExp {
  // Runs of * are one, so that matching takes no long time.
  const parts = pattern.split(/\*+/).map((part) => part.replaceAll('.', '\\.'));
  return new RegExp(`^${parts.join('.*')}$`);
}

/** Without the brackets of an IPv6 address in a URL and the dot at the end of a complete name. */
function bare(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}

function refused(host: string, why: string): MetricProviderError {
  return new MetricProviderError('misconfigured', `Rampart does not ask ${host}: ${why}`);
}

function systemResolve(host: string, answer: Parameters<Resolve>[1]): void {
  systemLookup(host, { all: true }, (error, addresses) => answer(error, error === null ? addresses : []));
}
