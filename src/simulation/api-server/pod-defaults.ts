/** What the API server fills into the pods of a template: the defaults of core's comparison, in the places where templates usually have them. */
import { kubernetesDefaults } from '../../core/rollout/identity/kubernetes-defaults.ts';
import { isMap, type Json, type JsonMap } from './json.ts';

function complete(struct: string, value: Json): Json {
  const completion = kubernetesDefaults[struct];
  return isMap(value) && completion !== undefined ? completion(value) : value;
}

function each(value: Json, change: (item: JsonMap) => Json): Json {
  return Array.isArray(value) ? value.map((item) => (isMap(item) ? change(item) : item)) : value;
}

function probe(value: Json): Json {
  if (!isMap(value)) return value;
  const { httpGet, grpc } = value;
  const parts = {
    ...(httpGet !== undefined && { httpGet: complete('HTTPGetAction', httpGet) }),
    ...(grpc !== undefined && { grpc: complete('GRPCAction', grpc) }),
  };
  return complete('Probe', { ...value, ...parts });
}

function container(value: JsonMap): Json {
  const filled: Record<string, Json> = { resources: {}, ...(complete('Container', value) as JsonMap) };
  if (filled.ports !== undefined) filled.ports = each(filled.ports, (port) => complete('ContainerPort', port));
  for (const name of ['readinessProbe', 'livenessProbe', 'startupProbe'])
    if (filled[name] !== undefined) filled[name] = probe(filled[name]);
  return filled;
}

export function completedPodSpec(spec: JsonMap): JsonMap {
  const filled: Record<string, Json> = { ...(complete('PodSpec', spec) as JsonMap) };
  for (const [key, value] of Object.entries(filled)) if (value === undefined) delete filled[key];
  for (const name of ['containers', 'initContainers', 'ephemeralContainers'])
    if (filled[name] !== undefined) filled[name] = each(filled[name], container);
  if (filled.volumes !== undefined) filled.volumes = each(filled.volumes, (volume) => complete('Volume', volume));
  return filled;
}
