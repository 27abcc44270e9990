/** Rules about the pods themselves: whether they say when they are ready, and whether the version before can really come back. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { crashedAtOnce, failedAtMost, scenarioNames } from './played.ts';
import type { Rule } from './rule.ts';
import { namespaceOf, rolloutField, type Subject } from './subject.ts';

interface Container {
  readonly name?: string;
  readonly image?: unknown;
  readonly ports?: unknown;
  readonly readinessProbe?: unknown;
  readonly envFrom?: unknown;
}

function containersOf({ template }: Subject): readonly Container[] {
  const { containers } = (template?.spec ?? {}) as { readonly containers?: unknown };
  return Array.isArray(containers) ? containers.filter((one) => typeof one === 'object' && one !== null) : [];
}

/** Where the pods are written: in the Rollout, or in what it refers to. */
function templatePath(subject: Subject): string {
  const reference = subject.rollout.spec.workloadRef;
  return subject.rollout.spec.template === undefined && reference !== undefined
    ? `${reference.kind} ${reference.name}: spec.template.spec`
    : rolloutField(subject, 'spec.template.spec');
}

export const noReadinessProbe: Rule = (subject) => {
  const containers = containersOf(subject);
  const serves = containers.some(({ ports }) => Array.isArray(ports) && ports.length > 0) || isSelected(subject);
  if (!serves || containers.length === 0 || containers.some(({ readinessProbe }) => readinessProbe !== undefined)) return [];
  return [
    {
      level: 'risk',
      where: `${templatePath(subject)}.containers[0].readinessProbe`,
      says: 'A pod counts as ready the moment its process runs: it gets requests that it cannot answer yet, and a version that hangs at its start looks healthy.',
      change: 'Add a readinessProbe that asks for what users ask for.',
    },
  ];
};

function isSelected({ objects, template, rollout }: Subject): boolean {
  const labels = template?.metadata?.labels ?? {};
  return objects.some((one) => {
    const { selector } = (one as { readonly spec?: { readonly selector?: Readonly<Record<string, unknown>> } }).spec ?? {};
    const wanted = Object.entries(selector ?? {});
    return (
      one.kind === 'Service' &&
      namespaceOf(one) === namespaceOf(rollout) &&
      wanted.length > 0 &&
      wanted.every(([key, value]) => labels[key] === value)
    );
  });
}

/** Where nothing is measured and nothing pauses, readiness is all the evidence there is; and elsewhere where playing has shown it. */
export const readyAtOnce: Rule = (subject) => {
  const { spec } = subject.rollout;
  const { canary } = spec.strategy ?? {};
  const where = rolloutField(subject, 'spec.minReadySeconds');
  const change = 'minReadySeconds: 30, or as long as a bad start takes to show.';
  const crashed = crashedAtOnce(subject);
  if (crashed.length > 0) {
    const says = `Pods that crash some seconds after each start count as available whenever they are ready for a moment: the update went on and took pods that served (${scenarioNames(crashed)}).${failedAtMost(crashed)}`;
    return [{ level: 'risk', where, says, change }];
  }
  if (canary === undefined || (canary.steps ?? []).length > 0 || subject.analyses.length > 0 || (spec.minReadySeconds ?? 0) > 0)
    return [];
  return [
    {
      level: 'advice',
      where,
      says: 'A pod that is ready for a moment counts as available: a version that crashes after a few seconds has replaced pods of the old one by then.',
      change,
    },
  ];
};

export const movingImageTag: Rule = (subject) =>
  containersOf(subject).flatMap(({ image, name = '' }, index) => {
    if (typeof image !== 'string' || image === '' || image.includes('@')) return [];
    const tag = /:([^:/]+)$/.exec(image)?.[1];
    if (tag !== undefined && !/^(?:latest|stable|main|master|develop|dev|edge|nightly)$/.test(tag)) return [];
    return [
      {
        level: 'risk' as const,
        where: `${templatePath(subject)}.containers[${index}].image`,
        says: `${tag === undefined ? `Container ${name}'s image has no tag, which means latest` : `The tag ${tag} of container ${name} moves`}: pods of the version before that start anew run the new image, so a rollback brings back what it was meant to take away.`,
        change: 'Name each build by a tag of its own, or by its digest.',
      },
    ];
  });

/** What kustomize and Helm charts put behind the name of a map whose content is part of the name. */
const contentHash = /-(?=[a-z0-9]*[0-9])[a-z0-9]{8,}$/;

export const configNotVersioned: Rule = (subject) => {
  const read = configMapsOf(subject.template?.spec);
  return subject.objects.flatMap((one) => {
    const { immutable } = one as KubeObject & { readonly immutable?: unknown };
    const { name } = one.metadata;
    if (one.kind !== 'ConfigMap' || immutable === true || contentHash.test(name)) return [];
    if (namespaceOf(one) !== namespaceOf(subject.rollout) || !read.has(name)) return [];
    return [
      {
        level: 'advice' as const,
        where: `ConfigMap ${name}`,
        says: 'Pods of both versions read it, and a change of it is no new version: it reaches stable pods when they restart, and no rollback takes it back.',
        change: 'Give it a new name with each content (kustomize: configMapGenerator), and name that in the template.',
      },
    ];
  });
};

/** Names of the ConfigMaps that a pod reads: as environment (`configMapRef`, `configMapKeyRef`), as a volume, or as a part of one (`configMap`). */
function configMapsOf(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, inner] of Object.entries(value)) {
    const { name } = (inner ?? {}) as { readonly name?: unknown };
    if (key.startsWith('configMap') && typeof name === 'string') found.add(name);
    configMapsOf(inner, found);
  }
  return found;
}
