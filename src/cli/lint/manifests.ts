/** What is judged together: the objects of all files, or of a cluster, in their namespaces. */
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import { systemClock } from '../../runtime/clock.ts';
import { ObjectsAtHand } from '../observed.ts';
import type { Manifest } from './documents.ts';
import { isFields } from './documents.ts';

/** An object whose metadata is that of an object; everything else of it is as it was written. */
export interface Placed {
  readonly manifest: Manifest;
  readonly kind: string;
  readonly group: string;
  readonly name: string;
  readonly namespace: string;
  readonly object: KubeObject & Readonly<Record<string, unknown>>;
}

const clusterScoped: ReadonlySet<string> = new Set(['ClusterAnalysisTemplate', 'Namespace']);

/** Undefined for what has no kind or no name; `problem` says which. */
export function place(manifest: Manifest, defaultNamespace: string): Placed | { readonly problem: string } {
  const { apiVersion, kind, metadata } = manifest.object;
  if (typeof kind !== 'string' || kind === '') return { problem: 'has no kind' };
  if (typeof apiVersion !== 'string' || apiVersion === '') return { problem: `${kind} has no apiVersion` };
  const meta = isFields(metadata) ? metadata : {};
  const name = text(meta.name) ?? text(meta.generateName);
  if (name === undefined) return { problem: `${kind} has no metadata.name` };
  const namespace = clusterScoped.has(kind) ? '' : (text(meta.namespace) ?? defaultNamespace);
  const slash = apiVersion.indexOf('/');
  // What a cluster would add: without it nothing could be found again.
  const completed = {
    ...meta,
    name,
    ...(namespace === '' ? {} : { namespace }),
    uid: `${kind}/${namespace}/${name}`,
    resourceVersion: '1',
  };
  return {
    manifest,
    kind,
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    name,
    namespace,
    object: { ...manifest.object, metadata: completed } as Placed['object'],
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Gives the controller's gathering code what is there. */
export function atHand(placed: readonly Placed[]): ObjectsAtHand {
  const at = new ObjectsAtHand(systemClock);
  for (const resource of at.resources)
    at.add(
      resource,
      placed.filter((one) => isOf(one, resource)).map(({ object }) => withSpec(object)),
    );
  for (const kind of ['Deployment', 'ReplicaSet', 'PodTemplate']) {
    at.addWorkloads(
      kind,
      placed.filter((one) => one.kind === kind).map(({ object }) => object),
    );
  }
  return at;
}

export function isOf({ kind, group }: Pick<Placed, 'kind' | 'group'>, resource: Pick<Resource, 'kind' | 'group'>): boolean {
  return kind === resource.kind && group === resource.group;
}

/** Every kind that is looked at has a spec; code that reads stores relies on it. */
function withSpec(object: Placed['object']): KubeObject {
  return isFields(object.spec) ? object : ({ ...object, spec: {} } as KubeObject);
}
