/** EndpointSlices from Services and pods: who may be sent traffic, as the data plane learns it. */
import type { EndpointSlice, KubeObject, Service } from '../../api/kubernetes.ts';
import * as resources from '../../api/resources.ts';
import { keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import { KeyedWork } from './keyed-work.ts';
import { isFinished, isReady, type Kube, ownerReference, type Pod, type PodIndex } from './kube.ts';

const actor = 'endpointslice-controller';
const serviceName = 'kubernetes.io/service-name';
const mostInOne = 100;

export class EndpointSliceController {
  readonly #kube: Kube;
  readonly #pods: PodIndex;
  readonly #work: KeyedWork;
  /** key of a Service -> names of its slices */
  readonly #slices = new Map<string, string[]>();

  constructor(kube: Kube, pods: PodIndex) {
    this.#kube = kube;
    this.#pods = pods;
    const random = kube.random.split(actor);
    this.#work = new KeyedWork({ clock: kube.clock, delayMs: () => random.integer(5, 80), look: (key) => this.#look(key) });
    const { storage } = kube.server;
    storage.onChange('/services', ({ key, isGone }) => {
      if (isGone) this.#slices.delete(key);
      else this.#work.enqueue(key);
    });
    storage.onChange('/pods', ({ object, old }) => {
      for (const service of kube.server.all(resources.services, object.metadata.namespace))
        if (selects(service, object) || (old !== undefined && selects(service, old))) this.#work.enqueue(keyTextOf(service));
    });
    storage.onChange('discovery.k8s.io/endpointslices', ({ object, actor: by }) => {
      const name = object.metadata.labels?.[serviceName];
      if (by !== actor && name !== undefined) this.#work.enqueue(`${object.metadata.namespace}/${name}`);
    });
  }

  #look(key: string): undefined {
    const service = this.#kube.server.get(resources.services, parseKeyText(key));
    if (service?.spec.selector === undefined || service.metadata.deletionTimestamp !== undefined) return;
    const pods = [...this.#pods.in(service.metadata.namespace ?? '')].filter((pod) => selects(service, pod) && hasAddress(pod));
    pods.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const names = this.#slices.get(key) ?? [];
    const count = Math.max(1, Math.ceil(pods.length / mostInOne));
    for (let index = 0; index < Math.max(count, names.length); index++) {
      const part = pods.slice(index * mostInOne, (index + 1) * mostInOne);
      names[index] = this.#write(service, names[index], part);
    }
    this.#slices.set(key, names);
    return;
  }

  #write(service: Service, name: string | undefined, pods: readonly Pod[]): string {
    const { server } = this.#kube;
    const { namespace } = service.metadata;
    const endpoints = pods.map(endpointOf);
    const present = name === undefined ? undefined : server.get(resources.endpointSlices, { namespace, name });
    if (present !== undefined) {
      server.patch(
        resources.endpointSlices,
        present.metadata,
        { type: 'merge', body: { endpoints, ports: portsOf(service) } },
        {},
        actor,
      );
      return present.metadata.name;
    }
    const slice: EndpointSlice = {
      metadata: {
        name: '',
        generateName: `${service.metadata.name}-`,
        namespace,
        labels: {
          ...service.metadata.labels,
          [serviceName]: service.metadata.name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [ownerReference(resources.services, service)],
      },
      addressType: 'IPv4',
      endpoints,
      ...{ ports: portsOf(service) },
    };
    const made = server.create(resources.endpointSlices, slice, actor);
    return made.outcome === 'done' ? made.object.metadata.name : '';
  }
}

function selects({ spec: { selector } }: Service, { metadata }: KubeObject): boolean {
  const wanted = Object.entries(selector ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => metadata.labels?.[key] === value);
}

function hasAddress(pod: Pod): boolean {
  return pod.status?.podIP !== undefined && !isFinished(pod);
}

function endpointOf(pod: Pod): NonNullable<EndpointSlice['endpoints']>[number] {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const { name, uid } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready: serving && !terminating, serving, terminating },
    targetRef: { kind: 'Pod', name, uid },
  };
}

function portsOf({ spec: { ports } }: Service): readonly object[] {
  return (ports ?? []).map(({ name, port, protocol, ...rest }) => {
    const { targetPort } = rest as { targetPort?: number | string };
    return { name: name ?? '', port: typeof targetPort === 'number' ? targetPort : port, protocol: protocol ?? 'TCP' };
  });
}
