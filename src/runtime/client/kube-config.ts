/**
 * Finds out which API server to talk to and as whom: `--kubeconfig`, $KUBECONFIG, ~/.kube/config, or the pod's own account, in this
 * order. Reading and authentication are client-node's KubeConfig; this file settles what that leaves open.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';

export interface KubeConfigOptions {
  /** A file; undefined looks in the usual places. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its account; for tests. */
  readonly serviceAccountRoot?: string;
}

export interface LoadedKubeConfig {
  readonly config: KubeConfig;
  /** The namespace of the context, or of the pod; undefined when neither says. */
  readonly namespace: string | undefined;
  /** True where it is the account of the pod that this process runs in. */
  readonly inCluster: boolean;
}

const defaultServiceAccountRoot = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Throws with a sentence that says what is missing. */
export function loadKubeConfig(options: KubeConfigOptions): LoadedKubeConfig {
  const files = configFiles(options);
  const config = files.length > 0 ? configFromFiles(files) : configFromPod(options);
  applyOverrides(config, options);
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (cluster === null || user === null) {
    const wanted = !config.currentContext
      ? 'no context is current'
      : `context "${config.currentContext}" names no known cluster and user`;
    throw new Error(`The kubeconfig cannot be used: ${wanted}. Choose one of ${names(config.contexts)} with --context.`);
  }
  return { config, namespace: config.getContextObject(config.currentContext)?.namespace, inCluster: files.length === 0 };
}

function configFiles(options: KubeConfigOptions): readonly string[] {
  if (options.kubeconfig !== undefined && options.kubeconfig !== '') return [options.kubeconfig];
  const listed = (options.environment.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) {
    const present = listed.filter((file) => existsSync(file));
    if (present.length === 0) throw new Error(`KUBECONFIG names no file that exists: ${listed.join(', ')}.`);
    return present;
  }
  const home = options.environment.HOME ?? options.environment.USERPROFILE;
  const file = home === undefined ? undefined : join(home, '.kube', 'config');
  return file !== undefined && existsSync(file) ? [file] : [];
}

/** Of entries with one name the first file's wins, as in kubectl. */
function configFromFiles(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  for (const file of files) {
    const config = configFromFile(file);
    if (!merged.currentContext && config.currentContext) merged.setCurrentContext(config.currentContext);
    for (const cluster of config.clusters) if (merged.getCluster(cluster.name) === null) merged.addCluster(cluster);
    for (const user of config.users) if (merged.getUser(user.name) === null) merged.addUser(user);
    for (const context of config.contexts) if (merged.getContextObject(context.name) === null) merged.addContext(context);
  }
  return merged;
}

function configFromFile(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    const document: unknown = parse(readFileSync(file, 'utf8'));
    if (typeof document !== 'object' || document === null) throw new Error('it is empty');
    expectTexts(document);
    config.loadFromString(JSON.stringify(completed(document as KubeConfigDocument, dirname(file))));
    config.makePathsAbsolute(dirname(file));
  } catch (cause) {
    // Readers of YAML show the lines around a mistake behind the first: those of a kubeconfig hold tokens and keys.
    const [reason = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
    throw new Error(`The kubeconfig ${file} cannot be read: ${reason.replace(/:$/, '').slice(0, 200)}.`);
  }
  return config;
}

/** client-node takes names as they come, and whatever they are they are told to people. Throws with the field that is no text. */
function expectTexts(document: object): void {
  const lists = ['clusters', 'users', 'contexts'] as const;
  const fields: Readonly<Record<string, unknown>> = { ...document };
  const named = lists.flatMap((list) => {
    const entries = fields[list] ?? [];
    if (!Array.isArray(entries)) throw new Error(`${list} is no list`);
    return entries.flatMap((entry: unknown, index) => {
      const { name, context, cluster } = Object(entry) as Readonly<Record<string, unknown>>;
      const inside = Object.entries({ ...Object(context), server: Object(cluster).server } as object);
      return [['name', name] as const, ...inside].map(([field, value]) => [`${list}[${index}].${field}`, value] as const);
    });
  });
  for (const [path, value] of [['current-context', fields['current-context']] as const, ...named])
    if (value !== undefined && value !== null && typeof value !== 'string' && !path.endsWith('.extensions'))
      throw new Error(`${path} is no text`);
}

interface KubeConfigDocument {
  readonly clusters?: readonly { readonly cluster?: Record<string, unknown> }[];
  readonly users?: readonly { readonly user?: Record<string, unknown> }[];
}

/**
 * Lets client-node read token files again and again instead of once, tells exec plugins what they are asked for (their protocol's
 * KUBERNETES_EXEC_INFO), and finds both beside the kubeconfig that names them.
 */
function completed(document: KubeConfigDocument, directory: string): unknown {
  const users = (document.users ?? []).map((entry) => ({ ...entry, user: completedUser(entry.user ?? {}, directory) }));
  const clusters = (document.clusters ?? []).map((entry) => ({ ...entry, cluster: withHttpAllowed(entry.cluster ?? {}) }));
  return { ...document, users, clusters };
}

function completedUser(user: Record<string, unknown>, directory: string): Record<string, unknown> {
  const tokenFile = user.tokenFile ?? user['token-file'];
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    const { tokenFile: _a, 'token-file': _b, token: _c, ...rest } = user;
    return { ...rest, 'auth-provider': { name: 'tokenFile', config: { tokenFile: absolute(tokenFile, directory) } } };
  }
  if (typeof user.exec !== 'object' || user.exec === null) return user;
  const exec = user.exec as { apiVersion?: string; command?: string; env?: readonly unknown[] | null };
  const info = {
    apiVersion: exec.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false },
  };
  const env = [{ name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }, ...(exec.env ?? [])];
  const isPath = exec.command?.includes('/') ?? false;
  return { ...user, exec: { ...exec, env, command: isPath ? absolute(exec.command ?? '', directory) : exec.command } };
}

/** client-node refuses plain http, which `kubectl proxy` speaks, unless the check of certificates is off: there are none to check. */
function withHttpAllowed(cluster: Record<string, unknown>): Record<string, unknown> {
  const isPlain = typeof cluster.server === 'string' && cluster.server.startsWith('http:');
  return isPlain ? { ...cluster, 'insecure-skip-tls-verify': true } : cluster;
}

function configFromPod(options: KubeConfigOptions): KubeConfig {
  const root = options.serviceAccountRoot ?? defaultServiceAccountRoot;
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = options.environment;
  const tokenFile = join(root, 'token');
  if (host === undefined || port === undefined || !existsSync(tokenFile)) {
    throw new Error('No cluster is known: there is no kubeconfig, and this is no pod with a service account. Set --kubeconfig.');
  }
  const namespaceFile = join(root, 'namespace');
  const namespace = existsSync(namespaceFile) ? readFileSync(namespaceFile, 'utf8').trim() : undefined;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      { name: 'in-cluster', caFile: join(root, 'ca.crt'), server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}` },
    ],
    users: [{ name: 'in-cluster', authProvider: { name: 'tokenFile', config: { tokenFile } } }],
    contexts: [{ name: 'in-cluster', cluster: 'in-cluster', user: 'in-cluster', namespace }],
    currentContext: 'in-cluster',
  });
  return config;
}

function applyOverrides(config: KubeConfig, options: KubeConfigOptions): void {
  if (options.context !== undefined) {
    if (config.getContextObject(options.context) === null) throw unknown('context', options.context, config.contexts);
    config.setCurrentContext(options.context);
  }
  if (options.cluster === undefined && options.user === undefined) return;
  if (options.cluster !== undefined && config.getCluster(options.cluster) === null)
    throw unknown('cluster', options.cluster, config.clusters);
  if (options.user !== undefined && config.getUser(options.user) === null) throw unknown('user', options.user, config.users);
  const current = config.getContextObject(config.currentContext);
  const overridden = {
    ...current,
    name: 'as the flags say',
    cluster: options.cluster ?? current?.cluster ?? '',
    user: options.user ?? current?.user ?? '',
  };
  config.addContext(overridden);
  config.setCurrentContext(overridden.name);
}

function unknown(what: string, name: string, known: readonly { readonly name: string }[]): Error {
  return new Error(`The kubeconfig has no ${what} "${name}"; it has ${names(known)}.`);
}

function names(entries: readonly { readonly name: string }[]): string {
  return entries.length === 0 ? 'none' : entries.map((entry) => `"${entry.name}"`).join(', ');
}

function absolute(path: string, directory: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}
