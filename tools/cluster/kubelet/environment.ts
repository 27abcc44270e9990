/**
 * The environment of a container, as Kubernetes defines it: envFrom, then env in order, `$(NAME)` expanded from what came before.
 * Pure: ConfigMaps and Secrets are handed in as data. On top come POD_IP, which programs here must bind to, and the way to the API server.
 */
import type { Container, DownwardItem, EnvVar, KeyRef, Pod } from './pod-types.ts';
import { inUnitsOf } from './quantity.ts';

/** Text by `configmap/<name>` and `secret/<name>` -> key -> value; an object that does not exist is absent. */
export type ConfigData = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface Surroundings {
  readonly pod: Pod;
  readonly podIp: string;
  readonly hostIp: string;
  readonly config: ConfigData;
  /** What resourceFieldRef gives for a limit that is not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** A container cannot be made as its spec says; `reason` is what a kubelet shows as waiting reason. */
export class ContainerConfigError extends Error {
  readonly reason = 'CreateContainerConfigError';
}

/** The objects that a pod's environment needs, as keys of ConfigData. */
export function configReferences(containers: readonly Container[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const container of containers) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef !== undefined) names.add(`configmap/${configMapRef.name}`);
      if (secretRef !== undefined) names.add(`secret/${secretRef.name}`);
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef !== undefined) names.add(`configmap/${valueFrom.configMapKeyRef.name}`);
      if (valueFrom?.secretKeyRef !== undefined) names.add(`secret/${valueFrom.secretKeyRef.name}`);
    }
  }
  return names;
}

/** `$(NAME)` becomes the variable's value, `$$(NAME)` the text `$(NAME)`; an unknown name stays as it is written. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) => {
    if (whole === '$$') return '$';
    return name !== undefined && Object.hasOwn(variables, name) ? (variables[name] ?? whole) : whole;
  });
}

/** The variables of one container. Throws ContainerConfigError when something it must have does not exist. */
export function containerEnvironment(container: Container, around: Surroundings): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const [kind, ref] = configMapRef === undefined ? (['secret', secretRef] as const) : (['configmap', configMapRef] as const);
    if (ref === undefined) continue;
    const data = around.config.get(`${kind}/${ref.name}`);
    if (data === undefined && ref.optional !== true) throw new ContainerConfigError(`${kind} "${ref.name}" not found`);
    for (const [key, value] of Object.entries(data ?? {})) variables[prefix + key] = value;
  }
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, container, around, variables);
    if (value !== undefined) variables[variable.name] = value;
  }
  return variables;
}

function variableValue(
  variable: EnvVar,
  container: Container,
  around: Surroundings,
  before: Readonly<Record<string, string>>,
): string | undefined {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? '', before);
  if (from.configMapKeyRef !== undefined) return keyOf('configmap', from.configMapKeyRef, around.config);
  if (from.secretKeyRef !== undefined) return keyOf('secret', from.secretKeyRef, around.config);
  return downward(from, container.name, around);
}

function keyOf(kind: 'configmap' | 'secret', ref: KeyRef, config: ConfigData): string | undefined {
  const data = config.get(`${kind}/${ref.name}`);
  const value = data === undefined || !Object.hasOwn(data, ref.key) ? undefined : data[ref.key];
  if (value === undefined && ref.optional !== true) {
    throw new ContainerConfigError(
      data === undefined ? `${kind} "${ref.name}" not found` : `couldn't find key ${ref.key} in ${kind} "${ref.name}"`,
    );
  }
  return value;
}

/** The value of a fieldRef or resourceFieldRef, for variables and for downward API files alike. */
export function downward(
  source: Pick<DownwardItem, 'fieldRef' | 'resourceFieldRef'>,
  containerName: string,
  around: Surroundings,
): string {
  if (source.fieldRef !== undefined) return fieldOf(source.fieldRef.fieldPath, around);
  if (source.resourceFieldRef === undefined) throw new ContainerConfigError('a value source names nothing that this kubelet knows');
  const { resource, divisor } = source.resourceFieldRef;
  const wanted = source.resourceFieldRef.containerName ?? containerName;
  const container = [...(around.pod.spec.initContainers ?? []), ...around.pod.spec.containers].find(({ name }) => name === wanted);
  const [part = '', name = ''] = [resource.slice(0, resource.indexOf('.')), resource.slice(resource.indexOf('.') + 1)];
  const limit = container?.resources?.limits?.[name];
  const quantity = part === 'requests' ? (container?.resources?.requests?.[name] ?? limit ?? '0') : limit;
  return inUnitsOf(quantity ?? around.allocatable[name] ?? '0', divisor);
}

function fieldOf(path: string, { pod, podIp, hostIp }: Surroundings): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  const listed = /^metadata\.(labels|annotations)$/.exec(path);
  if (listed !== null) {
    const entries = Object.entries(pod.metadata[listed[1] as 'labels' | 'annotations'] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join('\n');
  }
  const fields: Readonly<Record<string, string | undefined>> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.nodeName': pod.spec.nodeName,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.hostIP': hostIp,
    'status.hostIPs': hostIp,
    'status.podIP': podIp,
    'status.podIPs': podIp,
  };
  const value = fields[path];
  if (value === undefined) throw new ContainerConfigError(`field path ${path} is not known`);
  return value;
}
