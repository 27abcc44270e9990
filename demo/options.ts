/** What `npm run demo -- ...` understands. */
import { parseArgs } from 'node:util';
import type { ClusterSource } from '../tools/cluster/external/choice.ts';

export interface DemoOptions {
  /** Leaves everything running at the end. */
  readonly keep: boolean;
  /** Prints the bill as JSON on standard output, and nothing else there. */
  readonly json: boolean;
  /** Lines instead of a picture; always so where there is no terminal. */
  readonly plain: boolean;
  readonly requestsPerSecond: number;
  /** Undefined: the embedded one, or K3s where that cannot be, or the virtual one where neither can. */
  readonly cluster: ClusterSource | undefined;
  /** On the virtual cluster, by wish. */
  readonly virtual: boolean;
  /** The demo's image, where pods are containers; undefined: it is built. */
  readonly image: string | undefined;
  /** Given with, and only with, `cluster` existing. */
  readonly existing: ExistingParts | undefined;
}

/** What an existing cluster has to bring. */
export interface ExistingParts {
  /** Undefined: one that fits is looked for. */
  readonly gateway: { readonly namespace: string; readonly name: string } | undefined;
  /** Where the gateway answers this machine; undefined: at the address in its status. */
  readonly gatewayUrl: string | undefined;
  /** As pods reach it. */
  readonly prometheusAddress: string;
  readonly scrapeIntervalSeconds: number;
}

export const usage = `Usage: npm run demo -- [flags]

Ten pods of a small shop behind a real gateway, on a Kubernetes of its own. Version 2 is good and is promoted; version 3 fails one
request in five and is taken back, because Prometheus says so. Exit code 0 only if that is what happened and no other request failed.
Where no real Kubernetes can be had it is played on the virtual one, which is said, and a play that went well ends with exit code 3.

  --keep            leave it running at the end and say how to look at it with kubectl
  --json            print the bill for machines
  --plain           print lines instead of a picture
  --rate NUMBER     requests a second (default 200)
  --virtual         play on a Kubernetes in memory, in a second or two, on any machine with Node
  --cluster KIND    embedded, k3s or existing (default: embedded; K3s in a container where that cannot be, else the virtual one)
  --image IMAGE     the demo's image, where pods are containers; without it, it is built for k3s
  --help            show this text

On the cluster of the current kubeconfig (--cluster existing), in a namespace rampart-demo that is made and deleted again:
  --image IMAGE                 needed; docker build --target demo -t IMAGE . && docker push IMAGE
  --prometheus-address URL      needed; as pods reach it. It has to scrape pods annotated prometheus.io/scrape and keep their labels
  --scrape-interval SECONDS     how often Prometheus does so (default 15); pauses and rates are as long as three of them
  --gateway NAMESPACE/NAME      the Gateway (default: one that is programmed and takes HTTP routes of all namespaces)
  --gateway-url URL             where the Gateway answers this machine (default: the address in its status)
`;

const flags = {
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  plain: { type: 'boolean', default: false },
  rate: { type: 'string', default: '200' },
  virtual: { type: 'boolean', default: false },
  cluster: { type: 'string' },
  image: { type: 'string' },
  gateway: { type: 'string' },
  'gateway-url': { type: 'string' },
  'prometheus-address': { type: 'string' },
  'scrape-interval': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = { readonly [name in keyof typeof flags]?: string | boolean | undefined };

/** Throws with a sentence where a flag is wrong; undefined where help was asked for. */
export function parseDemoOptions(args: readonly string[], isTerminal: boolean): DemoOptions | undefined {
  const { values } = parseArgs({ args: [...args], options: flags });
  if (values.help) return undefined;
  const requestsPerSecond = Number(values.rate);
  if (!(requestsPerSecond >= 20 && requestsPerSecond <= 2000))
    throw new Error(`--rate must be a number from 20 to 2000, but is "${values.rate}".`);
  const cluster = (['embedded', 'k3s', 'existing'] as const).find((source) => source === values.cluster);
  if (cluster !== values.cluster) throw new Error(`--cluster must be embedded, k3s or existing, but is "${values.cluster}".`);
  if (values.virtual && cluster !== undefined) throw new Error('--virtual has a cluster of its own: leave out --cluster.');
  if (values.virtual && values.keep) throw new Error('--keep is for a real cluster: nothing is left of a virtual one.');
  if (cluster !== 'existing') refuse(values, ['gateway', 'gateway-url', 'prometheus-address', 'scrape-interval'], 'existing');
  if (cluster !== 'existing' && cluster !== 'k3s') refuse(values, ['image'], 'existing or k3s');
  return {
    keep: values.keep,
    json: values.json,
    plain: values.plain || values.json || !isTerminal,
    requestsPerSecond,
    cluster,
    virtual: values.virtual,
    image: values.image,
    existing: cluster === 'existing' ? existingParts(values) : undefined,
  };
}

function refuse(values: Values, names: readonly (keyof Values)[], clusters: string): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new Error(`--${given} is for --cluster ${clusters}.`);
}

function existingParts(values: Values): ExistingParts {
  if (values.image === undefined) {
    const make = 'docker build --target demo -t REGISTRY/rampart-demo . && docker push REGISTRY/rampart-demo';
    throw new Error(
      `Pods of an existing cluster are containers: make an image that it can pull (${make}) and name it with --image.`,
    );
  }
  const prometheusAddress = urlIn(values, 'prometheus-address');
  if (prometheusAddress === undefined) {
    const example = '--prometheus-address http://prometheus.monitoring:9090';
    throw new Error(`Version 3 is taken back because Prometheus says so: say where pods reach it, as in ${example}.`);
  }
  const scrapeIntervalSeconds = Number(values['scrape-interval'] ?? '15');
  if (!(scrapeIntervalSeconds >= 1 && scrapeIntervalSeconds <= 120))
    throw new Error(`--scrape-interval must be a number of seconds from 1 to 120, but is "${values['scrape-interval']}".`);
  return { gateway: gatewayIn(values.gateway), gatewayUrl: urlIn(values, 'gateway-url'), prometheusAddress, scrapeIntervalSeconds };
}

function gatewayIn(text: Values['gateway']): ExistingParts['gateway'] {
  if (text === undefined) return undefined;
  const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(String(text)) ?? [];
  if (namespace === undefined || name === undefined) throw new Error(`--gateway must be NAMESPACE/NAME, but is "${text}".`);
  return { namespace, name };
}

/** Without a slash at its end. */
function urlIn(values: Values, flag: 'gateway-url' | 'prometheus-address'): string | undefined {
  const text = values[flag];
  if (text === undefined) return undefined;
  const url = URL.parse(String(text));
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(`--${flag} must be a URL as http://host:port, but is "${text}".`);
  return url.href.replace(/\/$/, '');
}
