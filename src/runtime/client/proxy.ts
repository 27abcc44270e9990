/** Which proxy, if any, lies between the client and the API server: the kubeconfig's own, else the environment's, with its exceptions. */
import { BlockList, isIP, isIPv6 } from 'node:net';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy's URL (http, https or socks5), or undefined to connect directly. */
export function proxyFor(server: URL, configured: string | undefined, environment: Environment): string | undefined {
  if (configured !== undefined && configured !== '') return configured;
  const scheme = server.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const proxy = environment[scheme] ?? environment[scheme.toUpperCase()] ?? environment.ALL_PROXY ?? environment.all_proxy;
  if (proxy === undefined || proxy === '' || isExcepted(server, environment.no_proxy ?? environment.NO_PROXY ?? ''))
    return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

/** NO_PROXY as kubectl reads it: host names with their subdomains, addresses, networks (10.0.0.0/8), `*`; loopback always. */
function isExcepted(server: URL, exceptions: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port === '' ? (server.protocol === 'https:' ? '443' : '80') : server.port;
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return true;
  return exceptions
    .split(/[\s,]+/)
    .filter((exception) => exception !== '')
    .some((exception) => matches(exception.toLowerCase(), host, port));
}

function matches(exception: string, host: string, port: string): boolean {
  if (exception === '*') return true;
  const network = /^(.+)\/(\d{1,3})$/.exec(exception);
  if (network !== null) return isInNetwork(host, network[1] ?? '', Number(network[2]));
  const withPort = /^([^:]+|\[.+\]):(\d+)$/.exec(exception);
  if (withPort !== null && withPort[2] !== port) return false;
  const name = (withPort?.[1] ?? exception).replace(/^\[|\]$/g, '').replace(/^\*(?=\.)/, '');
  if (host === name.replace(/^\./, '')) return !name.startsWith('.');
  return isIP(host) === 0 && host.endsWith(name.startsWith('.') ? name : `.${name}`);
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  if (isIP(host) === 0 || isIP(host) !== isIP(network) || bits > (isIPv6(host) ? 128 : 32)) return false;
  const family = isIPv6(host) ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return list.check(host, family);
}
