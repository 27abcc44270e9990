/**
 * Kubernetes' own kinds, as far as a delivery meets them. Their schemas are not here: of each kind those defaults are filled in and those
 * mistakes refused that a controller can run into.
 */
import type { KubeObject, LabelSelector, PodTemplate, Resource } from '../../api/kubernetes.ts';
import { isEmptySelector, matchesLabels, selectorProblems } from '../../api/label-selector.ts';
import * as resources from '../../api/resources.ts';
import { leases } from '../../runtime/lease.ts';
import { isMap, type JsonMap, sameJson } from './json.ts';
import { type Kind, openKind, type ScalePaths } from './kinds.ts';
import { completedPodSpec } from './pod-defaults.ts';

const of = (group: string, version: string, kind: string, plural: string, namespaced = true): Resource => ({
  group,
  version,
  kind,
  plural,
  namespaced,
});

export const namespaces = of('', 'v1', 'Namespace', 'namespaces', false);
export const deployments = of('apps', 'v1', 'Deployment', 'deployments');
export const jobs = of('batch', 'v1', 'Job', 'jobs');
export const disruptionBudgets = of('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets');
export const autoscalers = of('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers');
const configMaps = of('', 'v1', 'ConfigMap', 'configmaps');
const rbac = 'rbac.authorization.k8s.io';
/** Kept as they are: everybody may do everything here. */
const permissions = [
  of('', 'v1', 'ServiceAccount', 'serviceaccounts'),
  of(rbac, 'v1', 'Role', 'roles'),
  of(rbac, 'v1', 'RoleBinding', 'rolebindings'),
  of(rbac, 'v1', 'ClusterRole', 'clusterroles', false),
  of(rbac, 'v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
];

type Loose = KubeObject & { readonly spec?: JsonMap; readonly status?: JsonMap };

interface Details {
  readonly hasStatus?: boolean;
  readonly scale?: ScalePaths;
  readonly generation?: Kind['generation'];
  readonly shape?: (object: Loose) => Loose;
  readonly mistakes?: (object: Loose, old: Loose | undefined) => readonly string[];
}

function builtin(resource: Resource, details: Details = {}): Kind {
  return {
    resource,
    versions: [resource.version],
    hasStatus: details.hasStatus ?? false,
    ...(details.scale !== undefined && { scale: details.scale }),
    generation: details.generation ?? 'none',
    statusTakesMetadata: true,
    listsMerge: true,
    shape: details.shape ?? ((object) => object),
    mistakes: details.mistakes ?? (() => []),
  };
}

/** Fields that the spec does not have; undefined stays absent. */
function withDefaults(object: Loose, defaults: JsonMap): Loose {
  const spec = object.spec ?? {};
  const missing = Object.entries(defaults).filter(([key, value]) => spec[key] === undefined && value !== undefined);
  return missing.length === 0 ? object : { ...object, spec: { ...spec, ...Object.fromEntries(missing) } };
}

const completed = new WeakMap<object, PodTemplate>();

/** The template with what the API server fills into its pods; the same for the same template, since versions share it. */
function withPodDefaults(object: Loose): Loose {
  const template = object.spec?.template as PodTemplate | undefined;
  if (!isMap(template?.spec)) return object;
  const known = completed.get(template) ?? { ...template, spec: completedPodSpec(template.spec) };
  const next = sameJson(known, template) ? template : known;
  completed.set(template, next);
  completed.set(next, next);
  return next === template ? object : { ...object, spec: { ...object.spec, template: next } };
}

function templateMistakes({ spec = {} }: Loose, selectorIsNeeded: boolean): readonly string[] {
  const selector = spec.selector as LabelSelector | undefined;
  const template = spec.template as PodTemplate | undefined;
  const mistakes: string[] = [];
  if (selectorIsNeeded && (selector === undefined || isEmptySelector(selector)))
    mistakes.push('spec.selector: Invalid value: {}: empty selector is invalid for deployment');
  else if (selector !== undefined) {
    mistakes.push(...selectorProblems(selector, 'spec.selector').map(({ path, message }) => `${path}: Invalid value: ${message}`));
    const labels = template?.metadata?.labels ?? {};
    if (!matchesLabels(selector, labels))
      mistakes.push(
        `spec.template.metadata.labels: Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
      );
  }
  return [...mistakes, ...podMistakes(template?.spec, 'spec.template.spec')];
}

function podMistakes(spec: JsonMap | undefined, path: string): readonly string[] {
  const containers = spec?.containers;
  if (!Array.isArray(containers) || containers.length === 0) return [`${path}.containers: Required value`];
  return containers.flatMap((container: JsonMap, index) => [
    ...(typeof container.name === 'string' && container.name !== '' ? [] : [`${path}.containers[${index}].name: Required value`]),
    ...(typeof container.image === 'string' && container.image !== ''
      ? []
      : [`${path}.containers[${index}].image: Required value`]),
  ]);
}

function immutable(field: string, object: Loose, old: Loose | undefined): readonly string[] {
  if (old === undefined || sameJson(object.spec?.[field], old.spec?.[field])) return [];
  return [`spec.${field}: Invalid value: ${JSON.stringify(object.spec?.[field])}: field is immutable`];
}

function replicasMistakes({ spec = {} }: Loose): readonly string[] {
  const { replicas } = spec;
  if (typeof replicas === 'number' && replicas >= 0) return [];
  return [`spec.replicas: Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`];
}

const appScale: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};

const replicaSetKind = builtin(resources.replicaSets, {
  hasStatus: true,
  generation: 'spec',
  scale: appScale,
  shape: (object) => withPodDefaults(withDefaults(object, { replicas: 1 })),
  mistakes: (object, old) => [
    ...replicasMistakes(object),
    ...immutable('selector', object, old),
    ...(old !== undefined && sameJson(object.spec?.template, old.spec?.template) ? [] : templateMistakes(object, true)),
  ],
});

const deploymentKind = builtin(deployments, {
  hasStatus: true,
  generation: 'spec',
  scale: appScale,
  shape: (object) =>
    withPodDefaults(
      withDefaults(object, {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      }),
    ),
  mistakes: (object, old) => [
    ...replicasMistakes(object),
    ...immutable('selector', object, old),
    ...(old !== undefined && sameJson(object.spec?.template, old.spec?.template) ? [] : templateMistakes(object, true)),
  ],
});

/** Labels and selector follow from the uid, as the Job's controller expects them. */
function jobShape(object: Loose): Loose {
  const filled = withPodDefaults(
    withDefaults(object, {
      parallelism: 1,
      completions: object.spec?.parallelism === undefined ? 1 : undefined,
      backoffLimit: 6,
      suspend: false,
      completionMode: 'NonIndexed',
    }),
  );
  const { uid, name } = filled.metadata;
  if (uid === undefined || filled.spec?.selector !== undefined) return filled;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = (filled.spec?.template ?? {}) as PodTemplate;
  const metadata = { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } };
  const selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  return { ...filled, spec: { ...filled.spec, selector, template: { ...template, metadata } } };
}

const jobKind = builtin(jobs, {
  hasStatus: true,
  generation: 'spec',
  shape: jobShape,
  mistakes: (object, old) => [
    ...podMistakes((object.spec?.template as PodTemplate | undefined)?.spec, 'spec.template.spec'),
    ...['selector', 'template', 'completions'].flatMap((field) => immutable(field, object, old)),
    ...restartPolicyMistakes(object),
  ],
});

function restartPolicyMistakes({ spec }: Loose): readonly string[] {
  const policy = (spec?.template as PodTemplate | undefined)?.spec?.restartPolicy;
  if (policy === 'Never' || policy === 'OnFailure') return [];
  return [`spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`];
}

const podKind = builtin(resources.pods, {
  hasStatus: true,
  generation: 'spec',
  shape: (object) => (object.spec === undefined ? object : { ...object, spec: completedPodSpec(object.spec) as JsonMap }),
  mistakes: (object, old) => {
    if (old !== undefined && sameJson(object.spec, old.spec)) return [];
    if (old !== undefined && !sameJson(withoutImages(object), withoutImages(old)))
      return ['spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`'];
    return podMistakes(object.spec, 'spec');
  },
});

/** Binding a pod to a node is not a change of the pod. */
function withoutImages({ spec = {} }: Loose): JsonMap {
  const { nodeName: _bound, containers, activeDeadlineSeconds: _shortened, ...rest } = spec;
  return {
    ...rest,
    containers: Array.isArray(containers) ? containers.map((one: JsonMap) => ({ ...one, image: '' })) : containers,
  };
}

const serviceKind = builtin(resources.services, {
  hasStatus: true,
  shape: (object) => {
    const filled = withDefaults(object, { type: 'ClusterIP', sessionAffinity: 'None' });
    const ports = filled.spec?.ports;
    if (!Array.isArray(ports)) return filled;
    const complete = ports.map((port: JsonMap) =>
      port.protocol === undefined || port.targetPort === undefined ? { protocol: 'TCP', targetPort: port.port, ...port } : port,
    );
    return sameJson(complete, ports) ? filled : { ...filled, spec: { ...filled.spec, ports: complete } };
  },
  mistakes: ({ spec }) =>
    spec?.type !== 'ExternalName' && spec?.clusterIP !== 'None' && !Array.isArray(spec?.ports)
      ? ['spec.ports: Required value']
      : [],
});

export const builtinKinds: readonly Kind[] = [
  builtin(namespaces, { hasStatus: true }),
  builtin(configMaps),
  ...permissions.map((resource) => builtin(resource)),
  builtin(resources.secrets),
  builtin(resources.events),
  builtin(leases),
  serviceKind,
  podKind,
  replicaSetKind,
  deploymentKind,
  jobKind,
  builtin(resources.endpointSlices, { generation: 'all' }),
  builtin(resources.ingresses, { hasStatus: true }),
  builtin(disruptionBudgets, { hasStatus: true, generation: 'spec' }),
  builtin(autoscalers, { hasStatus: true, shape: (object) => withDefaults(object, { minReplicas: 1 }) }),
];

/** The Gateway API as its standard channel has it; only the newest version of each kind, whose schemas are not known here. */
export const gatewayKinds: readonly Kind[] = [
  openKind(resources.httpRoutes, ['v1', 'v1beta1']),
  openKind(resources.grpcRoutes),
  openKind(resources.tlsRoutes),
  openKind(resources.tcpRoutes),
  openKind(resources.gateways),
  openKind(resources.gatewayClasses),
];
