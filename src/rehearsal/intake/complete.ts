/**
 * Fills in what manifests leave to others, so that a file rehearses as it stands: namespaces, selector and template of a Rollout, the Services, routes and
 * Ingresses that it names, cluster templates. Every guess is told. Pure; whether what comes of it is right is asked by lint.
 */
import { decodeRollout } from '../../api/decode.ts';
import { decodeGatewayApiRouting } from '../../api/gateway-api-routing.ts';
import type { KubeObject, PodTemplate } from '../../api/kubernetes.ts';
import { argoApiVersion, argoGroup } from '../../api/names.ts';
import { nginxRouting } from '../../api/nginx-routing.ts';
import type { Rollout } from '../../api/rollout.ts';
import { type Fields, fieldsAt, isFields, namespaceOf, textAt, withSpec } from './fields.ts';
import { containersOf } from './versions.ts';

export interface Completed {
  readonly objects: readonly KubeObject[];
  readonly assumptions: readonly string[];
}

const podsOfNone = 2;

const clusterKinds: ReadonlySet<string> = new Set([
  'Namespace',
  'ClusterAnalysisTemplate',
  'ClusterRole',
  'ClusterRoleBinding',
  'GatewayClass',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
]);

export function isRollout({ apiVersion = '', kind }: KubeObject): boolean {
  return kind === 'Rollout' && apiVersion.startsWith(`${argoGroup}/`);
}

/** Objects need a kind and a name. `namespace`: of those that name none. */
export function complete(given: readonly KubeObject[], namespace: string): Completed {
  const completion = new Completion(given.map((object) => placed(object, namespace)));
  for (const rollout of completion.objects.filter(isRollout)) completion.completeRollout(rollout);
  return { objects: completion.objects, assumptions: completion.assumptions };
}

function placed(object: KubeObject, namespace: string): KubeObject {
  const own = object.metadata.namespace;
  if (clusterKinds.has(object.kind ?? '') || (own !== undefined && own !== '')) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

class Completion {
  readonly assumptions: string[] = [];
  #objects: readonly KubeObject[];

  constructor(objects: readonly KubeObject[]) {
    this.#objects = objects;
  }

  get objects(): readonly KubeObject[] {
    return this.#objects;
  }

  completeRollout(given: KubeObject): void {
    const rollout = this.#running(this.#withTemplate(given));
    const { spec } = decodeRollout(rollout).rollout;
    const labels = this.#podLabels(rollout);
    for (const service of servicesNamed(spec)) this.#service(rollout, service, labels);
    this.#routes(rollout, spec);
    this.#ingresses(rollout, spec);
    for (const name of clusterTemplatesNamed(rollout)) this.#clusterTemplate(rollout, name);
  }

  #assume(sentence: string): void {
    if (!this.assumptions.includes(sentence)) this.assumptions.push(sentence);
  }

  #replace(old: KubeObject, now: KubeObject): void {
    this.#objects = this.#objects.map((one) => (one === old ? now : one));
  }

  #find(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.#objects.find(
      (one) => one.kind === kind && one.metadata.name === name && (namespaceOf(one) === namespace || namespaceOf(one) === ''),
    );
  }

  #withTemplate(rollout: KubeObject): KubeObject {
    const { name } = rollout.metadata;
    const spec = fieldsAt(rollout, 'spec') ?? {};
    if (isFields(spec.workloadRef)) return this.#withWorkload(rollout, spec.workloadRef);
    let template = (fieldsAt(spec, 'template') ?? {}) as PodTemplate;
    const filled: string[] = [];
    const selected = fieldsAt(spec, 'selector', 'matchLabels') as Readonly<Record<string, string>> | undefined;
    if (Object.keys(template.metadata?.labels ?? {}).length === 0) {
      const labels = selected ?? { app: name };
      template = { ...template, metadata: { ...template.metadata, labels } };
      filled.push(`pods with ${labelText(labels)}`);
    }
    if (containersOf(template).length === 0) {
      template = { ...template, spec: { ...template.spec, containers: [{ name, image: `${name}:1` }] } };
      filled.push(`one container of the image ${name}:1`);
    } else if (containersOf(template)[0]?.image === undefined) {
      const [first, ...others] = containersOf(template);
      template = { ...template, spec: { ...template.spec, containers: [{ ...first, image: `${name}:1` }, ...others] } };
      filled.push(`the image ${name}:1`);
    }
    const hasSelector = isFields(spec.selector);
    const selector = hasSelector ? spec.selector : { matchLabels: template.metadata?.labels };
    if (!hasSelector) filled.push('a selector by the labels of its pods');
    if (filled.length === 0) return rollout;
    this.#assume(`Rollout ${name} says nothing of it and is given ${list(filled)}.`);
    const now = withSpec(rollout, { template, selector });
    this.#replace(rollout, now);
    return now;
  }

  /** One that is held, or has no pods, could not be released. */
  #running(rollout: KubeObject): KubeObject {
    const { paused, replicas } = fieldsAt(rollout, 'spec') ?? {};
    const { name } = rollout.metadata;
    if (paused !== true && replicas !== 0) return rollout;
    if (paused === true) this.#assume(`Rollout ${name} is held by spec.paused; it is rehearsed as if it were let go.`);
    if (replicas === 0) this.#assume(`Rollout ${name} asks for no pods; it is rehearsed with ${podsOfNone}.`);
    const now = withSpec(rollout, { ...(paused === true && { paused: false }), ...(replicas === 0 && { replicas: podsOfNone }) });
    this.#replace(rollout, now);
    return now;
  }

  /** A workload that is not in the files is made up, where it is a Deployment. */
  #withWorkload(rollout: KubeObject, reference: Fields): KubeObject {
    const [kind, name] = [textAt(reference, 'kind'), textAt(reference, 'name')];
    const namespace = namespaceOf(rollout);
    if (kind !== 'Deployment' || name === undefined || this.#find(kind, namespace, name) !== undefined) return rollout;
    const labels = { app: name };
    this.#assume(
      `Deployment ${name}, to which Rollout ${rollout.metadata.name} refers, is in none of the files and is made up: one container of the image ${name}:1.`,
    );
    this.#objects = [
      ...this.#objects,
      {
        apiVersion: 'apps/v1',
        kind,
        metadata: { name, namespace },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name, image: `${name}:1` }] } },
        },
      } as KubeObject,
    ];
    return rollout;
  }

  #podLabels(rollout: KubeObject): Readonly<Record<string, string>> {
    return templateOf(rollout, this.#objects)?.template.metadata?.labels ?? { app: rollout.metadata.name };
  }

  #service(rollout: KubeObject, name: string, labels: Readonly<Record<string, string>>): void {
    const namespace = namespaceOf(rollout);
    if (this.#find('Service', namespace, name) !== undefined) return;
    this.#assume(
      `Service ${name}, which Rollout ${rollout.metadata.name} names, is in none of the files and is made up: it selects ${labelText(labels)}.`,
    );
    this.#objects = [...this.#objects, serviceOf(name, namespace, labels)];
  }

  #routes(rollout: KubeObject, { strategy }: Rollout['spec']): void {
    const canary = strategy?.canary;
    const routing = decodeGatewayApiRouting(canary?.trafficRouting)?.routing;
    const [stable, other] = [
      canary?.pingPong?.pingService ?? canary?.stableService,
      canary?.pingPong?.pongService ?? canary?.canaryService,
    ];
    if (routing === undefined || stable === undefined || other === undefined) return;
    const namespace = routing.namespace ?? namespaceOf(rollout);
    for (const [kind, single, many] of [
      ['HTTPRoute', routing.httpRoute, routing.httpRoutes],
      ['GRPCRoute', routing.grpcRoute, routing.grpcRoutes],
      ['TCPRoute', routing.tcpRoute, routing.tcpRoutes],
      ['TLSRoute', routing.tlsRoute, routing.tlsRoutes],
    ] as const) {
      for (const name of [single, ...(many ?? []).map((one) => one.name)]) {
        if (name === undefined || name === '' || this.#find(kind, namespace, name) !== undefined) continue;
        this.#assume(
          `${kind} ${name}, which Rollout ${rollout.metadata.name} names, is in none of the files and is made up: everything goes to ${stable}, ${other} has weight 0.`,
        );
        const backendRefs = [
          { name: stable, port: 80, weight: 100 },
          { name: other, port: 80, weight: 0 },
        ];
        const spec = { parentRefs: [{ name: 'gateway' }], rules: [{ backendRefs }] };
        const apiVersion = 'gateway.networking.k8s.io/v1';
        this.#objects = [...this.#objects, { apiVersion, kind, metadata: { name, namespace }, spec } as KubeObject];
      }
    }
  }

  #ingresses(rollout: KubeObject, { strategy }: Rollout['spec']): void {
    const canary = strategy?.canary;
    const namespace = namespaceOf(rollout);
    const service = canary?.pingPong?.pingService ?? canary?.stableService;
    if (service === undefined) return;
    for (const { name } of nginxRouting(canary?.trafficRouting)?.ingresses ?? []) {
      if (this.#find('Ingress', namespace, name) !== undefined) continue;
      this.#assume(
        `Ingress ${name}, which Rollout ${rollout.metadata.name} names, is in none of the files and is made up: everything goes to ${service}.`,
      );
      const paths = [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port: { number: 80 } } } }];
      const spec = { ingressClassName: 'nginx', rules: [{ host: `${name}.example`, http: { paths } }] };
      this.#objects = [
        ...this.#objects,
        { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name, namespace }, spec } as KubeObject,
      ];
    }
  }

  #clusterTemplate(rollout: KubeObject, name: string): void {
    if (this.#find('ClusterAnalysisTemplate', '', name) !== undefined) return;
    this.#assume(
      `ClusterAnalysisTemplate ${name}, which Rollout ${rollout.metadata.name} names, is in none of the files; it is taken to ask five times, a minute apart, whether the new version answers well. Give its file with -f to rehearse what it really asks.`,
    );
    const spec = {
      metrics: [
        {
          name,
          interval: '1m',
          count: 5,
          successCondition: 'result == "good"',
          provider: { web: { url: 'http://made-up.example/' } },
        },
      ],
    };
    this.#objects = [
      ...this.#objects,
      { apiVersion: argoApiVersion, kind: 'ClusterAnalysisTemplate', metadata: { name }, spec } as KubeObject,
    ];
  }
}

/** The template of a Rollout, in itself or in what it refers to; undefined where that is not there. */
export function templateOf(
  rollout: KubeObject,
  objects: readonly KubeObject[],
): { readonly holder: KubeObject; readonly template: PodTemplate } | undefined {
  const reference = fieldsAt(rollout, 'spec', 'workloadRef');
  const template = fieldsAt(rollout, 'spec', 'template');
  if (reference === undefined) return template === undefined ? undefined : { holder: rollout, template: template as PodTemplate };
  const holder = objects.find(
    (one) =>
      one.kind === textAt(reference, 'kind') &&
      one.metadata.name === textAt(reference, 'name') &&
      namespaceOf(one) === namespaceOf(rollout),
  );
  const found = fieldsAt(holder, 'spec', 'template') ?? fieldsAt(holder, 'template');
  return holder === undefined || found === undefined ? undefined : { holder, template: found as PodTemplate };
}

export function serviceOf(name: string, namespace: string, selector: Readonly<Record<string, string>>): KubeObject {
  const spec = { selector, ports: [{ name: 'http', port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec } as KubeObject;
}

function servicesNamed({ strategy }: Rollout['spec']): readonly string[] {
  const { canary, blueGreen } = strategy ?? {};
  const named = [
    canary?.stableService,
    canary?.canaryService,
    canary?.pingPong?.pingService,
    canary?.pingPong?.pongService,
    blueGreen?.activeService,
    blueGreen?.previewService,
  ];
  return named.filter((name): name is string => name !== undefined && name !== '');
}

/** Names of cluster templates anywhere in an object. */
function clusterTemplatesNamed(value: unknown): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap(clusterTemplatesNamed))];
  if (!isFields(value)) return [];
  const own = value.clusterScope === true ? textAt(value, 'templateName') : undefined;
  return [...new Set([...(own === undefined ? [] : [own]), ...Object.values(value).flatMap(clusterTemplatesNamed)])];
}

export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function list(parts: readonly string[]): string {
  const last = parts.at(-1) ?? '';
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}
