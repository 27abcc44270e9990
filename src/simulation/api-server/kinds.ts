/**
 * What the virtual API server knows of each kind it serves: its subresources, what makes a new generation, what is filled in and what is
 * refused. Custom kinds come from definitions as CRDs carry them; kinds of Kubernetes itself are listed in builtin-kinds.ts.
 */
import type { Definition } from '../../api/crd/definitions.ts';
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import { ruleMistakes } from './custom-rules.ts';
import { isMap, type Json, type JsonMap, sameJson } from './json.ts';
import { schemaMistakes, shaped } from './structural.ts';

/** Where a scale stands in an object, as dotted paths split up. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  readonly selector: readonly string[];
}

export interface Kind {
  readonly resource: Resource;
  /** All versions that are served; objects are alike in all of them. */
  readonly versions: readonly string[];
  readonly hasStatus: boolean;
  readonly scale?: ScalePaths;
  /**
   * What of a change is a new generation: of the spec, of everything but metadata (and status, where that is a subresource), or none since the
   * kind has no generations.
   */
  readonly generation: 'spec' | 'all' | 'none';
  /** Labels and annotations can be changed together with a status: not so in custom kinds. */
  readonly statusTakesMetadata: boolean;
  /** Fields that are lists merge by keys under server-side apply. */
  readonly listsMerge: boolean;
  /** Fills in what is absent and drops what is unknown. */
  shape(object: KubeObject): KubeObject;
  /** What is wrong, in sentences of the API server; `old` is undefined for a new object. */
  mistakes(object: KubeObject, old: KubeObject | undefined): readonly string[];
}

export function kindText(resource: Pick<Resource, 'group' | 'plural'>): string {
  return `${resource.group}/${resource.plural}`;
}

export function apiVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** A kind as its CRD has it. */
export function customKind({ resource, schema, subresources }: Definition): Kind {
  const served = (isMap(subresources) ? subresources : {}) as { status?: unknown; scale?: JsonMap };
  const { scale } = served;
  const { spec, status } = schema.properties ?? {};
  return {
    resource,
    versions: [resource.version],
    hasStatus: served.status !== undefined,
    ...(scale !== undefined && {
      scale: {
        specReplicas: dotted(scale.specReplicasPath),
        statusReplicas: dotted(scale.statusReplicasPath),
        selector: dotted(scale.labelSelectorPath),
      },
    }),
    generation: 'all',
    statusTakesMetadata: false,
    listsMerge: false,
    shape: ({ apiVersion, kind, metadata, ...rest }) => ({ apiVersion, kind, metadata, ...(shaped(schema, rest) as object) }),
    mistakes: (object, old) => {
      const [now, before] = [object as KubeObject & JsonMap, (old ?? {}) as JsonMap];
      const missing = now.spec === undefined && schema.required?.includes('spec') ? ['spec: Required value'] : [];
      const parts = [['spec', spec] as const, ['status', status] as const];
      const wrong = parts.flatMap(([name, part]) =>
        part === undefined || sameJson(now[name], before[name]) ? [] : schemaMistakes(part, now[name], name),
      );
      if (missing.length + wrong.length > 0 || spec === undefined) return [...missing, ...wrong];
      return ruleMistakes(spec, now.spec, before.spec, 'spec');
    },
  };
}

function dotted(path: Json): readonly string[] {
  return String(path ?? '')
    .split('.')
    .filter((part) => part !== '');
}

/** A kind of which nothing is known but its name, with a status and a scale where they usually are: custom kinds of others. */
export function openKind(resource: Resource, versions: readonly string[] = [resource.version]): Kind {
  return {
    resource,
    versions,
    hasStatus: true,
    scale: { specReplicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'], selector: ['status', 'selector'] },
    generation: 'all',
    statusTakesMetadata: false,
    listsMerge: false,
    shape: (object) => object,
    mistakes: () => [],
  };
}
