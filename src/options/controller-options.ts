/** The settings of one controller process: flags and environment read into one typed, checked set, or refused with every mistake named. */
import { isIP } from 'node:net';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type AddressRule, parseAddressRule } from '../api/address-rule.ts';
import { parseDuration } from '../api/duration.ts';
import { type Flag, type FlagName, flags, ignoredFlags } from './flags.ts';

export interface ControllerOptions {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly cluster: string | undefined;
  readonly user: string | undefined;
  readonly namespace: string | undefined;
  readonly namespaced: boolean;
  readonly instanceId: string | undefined;
  readonly prometheusAddress: string | undefined;
  readonly metricAddressAllow: readonly AddressRule[];
  readonly metricAddressDeny: readonly AddressRule[];
  readonly analysisJobNamespace: string | undefined;
  readonly qps: number;
  readonly burst: number;
  readonly leaderElect: boolean;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly identity: string | undefined;
  readonly bindAddress: string | undefined;
  readonly metricsPort: number;
  readonly healthzPort: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly logFormat: 'text' | 'json';
  readonly rolloutThreads: number;
  readonly analysisThreads: number;
  readonly experimentThreads: number;
  readonly podThreads: number;
  readonly podRetries: number;
  readonly measurements: number;
  /** Empty: any. */
  readonly nginxIngressClasses: ReadonlySet<string>;
  readonly nginxPropagationMs: number;
  readonly controllers: ReadonlySet<ControllerName>;
}

export type ControllerName = 'rollouts' | 'analysis';

export type ParsedOptions =
  | { readonly outcome: 'options'; readonly options: ControllerOptions; readonly warnings: readonly string[] }
  | { readonly outcome: 'help' | 'version' }
  | { readonly outcome: 'refused'; readonly mistakes: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `--name value`, `--name=value`, `-n value` and the environment; the command line wins. */
export function parseControllerOptions(args: readonly string[], environment: Environment): ParsedOptions {
  const read = readArguments(args);
  if (read.special !== undefined) return { outcome: read.special };
  const mistakes = [...read.mistakes];
  const text = (name: FlagName): string | undefined => {
    const flag = flags.find((candidate) => candidate.name === name) as Flag;
    const given =
      read.values.get(name) ?? environment[environmentName(name)] ?? (flag.environment && environment[flag.environment]);
    const value = given === '' ? undefined : given;
    const mistake = value === undefined ? undefined : mistakeIn(flag, value);
    if (mistake !== undefined) mistakes.push(mistake);
    return mistake === undefined ? (value ?? flag.default) : flag.default;
  };
  const options = typed(text);
  mistakes.push(...contradictions(options));
  if (mistakes.length > 0) return { outcome: 'refused', mistakes };
  return { outcome: 'options', options, warnings: [...read.warnings, ...ignoredVariables(environment)] };
}

/** Of the incumbent, and without meaning here. */
function ignoredVariables(environment: Environment): readonly string[] {
  const name = 'ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG';
  if ((environment[name] ?? '') === '') return [];
  return [`$${name} has no meaning here and is ignored: Jobs run in the cluster of their analyses.`];
}

/** The environment variable that stands for a flag: `--leader-elect` is RAMPART_LEADER_ELECT, `--metricsPort` RAMPART_METRICS_PORT. */
export function environmentName(flag: string): string {
  return `RAMPART_${flag
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase()}`;
}

interface ReadArguments {
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
  readonly mistakes: readonly string[];
  readonly special: 'help' | 'version' | undefined;
}

/** Reads with Node's own parser, but goes on after a mistake, so that a person sees them all at once. */
function readArguments(args: readonly string[]): ReadArguments {
  const values = new Map<string, string>();
  const warnings: string[] = [];
  const mistakes: string[] = [];
  const { tokens } = parseArgs({ args: [...args], options: parserOptions, strict: false, allowPositionals: true, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional')
      mistakes.push(`"${token.value}" stands alone; every setting is a flag (\`rampart controller --help\`).`);
    if (token.kind !== 'option') continue;
    const { name, value } = token;
    if (name === 'help' || name === 'version') return { values, warnings, mistakes, special: name };
    const flag = (flags as readonly Flag[]).find((known) => known.name === name || (known.aliases?.includes(name) ?? false));
    if (ignoredFlags.has(name)) warnings.push(`--${name} has no meaning here and is ignored: ${ignoredFlags.get(name)}.`);
    else if (flag === undefined) mistakes.push(`${token.rawName} is not known; \`rampart controller --help\` lists every flag.`);
    else if (flag.kind === 'switch') values.set(flag.name, value ?? 'true');
    else if (value === undefined || (!token.inlineValue && value.startsWith('--')))
      mistakes.push(`--${name} needs a value: ${flag.help}`);
    else values.set(flag.name, value);
  }
  return { values, warnings, mistakes, special: undefined };
}

const switches = ['help', 'version', 'self-service-notification-enabled', 'aws-verify-target-group'];

const parserOptions: NonNullable<ParseArgsConfig['options']> = Object.fromEntries([
  ...[...ignoredFlags.keys()].map((name) => [name, { type: 'string' }]),
  ...switches.map((name) => [name, { type: 'boolean', ...(name === 'help' && { short: 'h' }) }]),
  ...(flags as readonly Flag[]).flatMap(({ name, aliases = [], kind, short }) =>
    [name, ...aliases].map((spelling, index) => [
      spelling,
      { type: kind === 'switch' ? 'boolean' : 'string', ...(short !== undefined && index === 0 && { short }) },
    ]),
  ),
]);

function mistakeIn(flag: Flag, value: string): string | undefined {
  const wrong = (expected: string) => `--${flag.name} must be ${expected}, but is "${value}".`;
  switch (flag.kind) {
    case 'names':
      return names(value).length > 0 ? undefined : wrong('a list of names such as a,b');
    case 'text':
      return flag.choices === undefined || flag.choices.includes(value) ? undefined : wrong(`one of ${flag.choices.join(', ')}`);
    case 'switch':
      return value === 'true' || value === 'false' ? undefined : wrong('true or false');
    case 'count': {
      const [least, most] = flag.range ?? [0, Number.MAX_SAFE_INTEGER];
      const number = Number(value);
      return Number.isInteger(number) && number >= least && number <= most
        ? undefined
        : wrong(`a whole number from ${least} to ${most}`);
    }
    case 'duration': {
      const ms = parseDuration(value);
      return typeof ms === 'number' && ms > 0 ? undefined : wrong('a duration such as 15s or 1m30s');
    }
    case 'list': {
      const unknown = names(value).find((name) => !controllerNames.has(name));
      return unknown === undefined ? undefined : wrong(`a list of ${[...controllerNames].join(', ')}`);
    }
    case 'addresses': {
      const unread = names(value).find((name) => parseAddressRule(name) === undefined);
      return unread === undefined
        ? undefined
        : wrong(`a list such as 10.0.0.0/8,192.168.1.7,*.monitoring.svc ("${unread}" is none of these)`);
    }
  }
}

const controllerNames: ReadonlySet<string> = new Set(['rollouts', 'analysis']);

function names(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function typed(text: (name: FlagName) => string | undefined): ControllerOptions {
  const count = (name: FlagName) => Number(text(name));
  const ms = (name: FlagName) => {
    const parsed = parseDuration(text(name) ?? '');
    return typeof parsed === 'number' ? parsed : 0;
  };
  const rules = (name: FlagName) => names(text(name) ?? '').flatMap((rule) => parseAddressRule(rule) ?? []);
  const isOn = (name: FlagName) => text(name) === 'true';
  const chosen = names(text('controllers') ?? '').filter((name) => controllerNames.has(name)) as ControllerName[];
  return {
    kubeconfig: text('kubeconfig'),
    context: text('context'),
    cluster: text('cluster'),
    user: text('user'),
    namespace: text('namespace'),
    namespaced: isOn('namespaced'),
    instanceId: text('instance-id'),
    prometheusAddress: text('prometheus-address'),
    metricAddressAllow: rules('metric-address-allow'),
    metricAddressDeny: rules('metric-address-deny'),
    analysisJobNamespace: text('analysis-job-namespace'),
    qps: count('qps'),
    burst: count('burst'),
    leaderElect: isOn('leader-elect'),
    leaseDurationMs: ms('leader-election-lease-duration'),
    renewDeadlineMs: ms('leader-election-renew-deadline'),
    retryPeriodMs: ms('leader-election-retry-period'),
    identity: text('identity'),
    bindAddress: text('bind-address'),
    metricsPort: count('metricsPort'),
    healthzPort: count('healthzPort'),
    logLevel: text('loglevel') as ControllerOptions['logLevel'],
    logFormat: text('logformat') as ControllerOptions['logFormat'],
    rolloutThreads: count('rollout-threads'),
    analysisThreads: count('analysis-threads'),
    experimentThreads: count('experiment-threads'),
    podThreads: count('ephemeral-metadata-threads'),
    podRetries: count('ephemeral-metadata-update-pod-retries'),
    measurements: count('measurements'),
    nginxIngressClasses: new Set(names(text('nginx-ingress-classes') ?? '')),
    nginxPropagationMs: ms('nginx-propagation'),
    controllers: new Set(chosen.length === 0 ? (['rollouts', 'analysis'] as const) : chosen),
  };
}

function contradictions(options: ControllerOptions): readonly string[] {
  const found: string[] = [];
  if (options.renewDeadlineMs >= options.leaseDurationMs)
    found.push(
      '--leader-election-renew-deadline must be shorter than --leader-election-lease-duration, or two leaders could work at once.',
    );
  if (options.retryPeriodMs >= options.renewDeadlineMs)
    found.push(
      '--leader-election-retry-period must be shorter than --leader-election-renew-deadline, or a renewal is tried only once.',
    );
  if (options.burst < options.qps) found.push(`--burst (${options.burst}) must be at least --qps (${options.qps}).`);
  if (options.prometheusAddress !== undefined && !/^https?:\/\/[^/\s]+/.test(options.prometheusAddress))
    found.push(
      `--prometheus-address must be a URL such as http://prometheus.monitoring:9090, but is "${options.prometheusAddress}".`,
    );
  if (options.bindAddress !== undefined && isIP(options.bindAddress) === 0)
    found.push(`--bind-address must be an IP address, but is "${options.bindAddress}".`);
  if (options.metricsPort !== 0 && options.metricsPort === options.healthzPort)
    found.push(`--metricsPort and --healthzPort are both ${options.metricsPort}; give them different ports.`);
  return found;
}
