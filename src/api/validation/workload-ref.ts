/** What is wrong with a `workloadRef` by itself; whether the object is there, and what it holds, is checked where it is known. */
import type { Problem } from '../problem.ts';
import type { RolloutSpec } from '../rollout.ts';

export type WorkloadRef = NonNullable<RolloutSpec['workloadRef']>;
export type WorkloadKind = 'Deployment' | 'ReplicaSet' | 'PodTemplate';

const path = 'spec.workloadRef';
const groups: ReadonlyMap<string, string> = new Map([
  ['Deployment', 'apps'],
  ['ReplicaSet', 'apps'],
  ['PodTemplate', ''],
]);
export const scaleDownModes = ['never', 'onsuccess', 'progressively'] as const;
export type ScaleDownMode = (typeof scaleDownModes)[number];

/** Undefined for what cannot be referred to. */
export function workloadKind({ kind, apiVersion }: WorkloadRef): WorkloadKind | undefined {
  const group = groups.get(kind ?? '');
  if (group === undefined || group !== groupOf(apiVersion ?? '')) return undefined;
  return kind as WorkloadKind;
}

/** `never` where it is absent or no such word. */
export function scaleDownMode({ scaleDown }: WorkloadRef): ScaleDownMode {
  return scaleDownModes.find((mode) => mode === scaleDown) ?? 'never';
}

export function workloadRefProblems({ template }: RolloutSpec, reference: WorkloadRef): readonly Problem[] {
  if (!isEmpty(template)) {
    // The words are part of the API, and the others would be beside the point.
    return [{ path: 'spec.template', message: 'template must be empty for workload reference rollout' }];
  }
  const { apiVersion, kind, name, scaleDown } = reference;
  const problems: Problem[] = [];
  if (workloadKind(reference) === undefined) {
    const message = `must be apps/v1 Deployment, apps/v1 ReplicaSet or v1 PodTemplate, got ${text(apiVersion)} ${text(kind)}`;
    problems.push({ path: groups.has(kind ?? '') ? `${path}.apiVersion` : `${path}.kind`, message });
  }
  if ((name ?? '') === '') problems.push({ path: `${path}.name`, message: 'is required: name the object whose template is used' });
  const mode = scaleDown ?? '';
  if (mode !== '' && !scaleDownModes.some((known) => known === mode)) {
    problems.push({ path: `${path}.scaleDown`, message: `must be ${scaleDownModes.join(', ')} or absent, got ${text(mode)}` });
  } else if (mode !== '' && mode !== 'never' && kind !== 'Deployment' && problems.length === 0) {
    problems.push({ path: `${path}.scaleDown`, message: `can only be ${text(mode)} for a Deployment; take it out` });
  }
  return problems;
}

function isEmpty(template: RolloutSpec['template']): boolean {
  const { labels, annotations } = template?.metadata ?? {};
  const parts = [labels ?? {}, annotations ?? {}, template?.spec ?? {}];
  const says = (value: unknown): boolean => !(Array.isArray(value) && value.length === 0);
  return parts.every((part) => !Object.values(part).some(says));
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

function text(value: string | undefined): string {
  return value === undefined || value === '' ? 'nothing' : JSON.stringify(value);
}
