/** Which other objects a Rollout speaks of: by these names it is found again when one of them changes. */
import { gatewayApiPlugin } from '../../api/names.ts';
import type { Rollout, RolloutAnalysis } from '../../api/rollout.ts';

export interface Reference {
  readonly templateName?: string | undefined;
  readonly clusterScope?: boolean | undefined;
}

/** Names of the Services that the Rollout switches. */
export function serviceNames(rollout: Rollout): readonly string[] {
  const canary = rollout.spec.strategy?.canary;
  const blueGreen = rollout.spec.strategy?.blueGreen;
  const names = [canary?.canaryService, canary?.stableService, blueGreen?.activeService, blueGreen?.previewService];
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[];
}

/** The templates that its steps and its background analysis name directly. */
export function templateReferences(rollout: Rollout): readonly Reference[] {
  const canary = rollout.spec.strategy?.canary;
  const analyses: readonly (RolloutAnalysis | undefined)[] = [
    canary?.analysis,
    ...(canary?.steps ?? []).map(({ analysis }) => analysis),
  ];
  return analyses.flatMap((analysis) => analysis?.templates ?? []);
}

/** `<rollout>` of a ReplicaSet named `<rollout>-<hash>`. */
export function stemOf(replicaSetName: string): string {
  const dash = replicaSetName.lastIndexOf('-');
  return dash < 0 ? replicaSetName : replicaSetName.slice(0, dash);
}

/** `namespace/name` of each Gateway API route that it names, and `namespace/*` where it selects routes by label. */
export function routeReferences(rollout: Rollout): readonly string[] {
  const config = rollout.spec.strategy?.canary?.trafficRouting?.plugins?.[gatewayApiPlugin];
  if (typeof config !== 'object' || config === null) return [];
  const fields = config as Readonly<Record<string, unknown>>;
  const namespace = typeof fields['namespace'] === 'string' ? fields['namespace'] : (rollout.metadata.namespace ?? '');
  return routeKinds.flatMap((kind) => {
    const one = fields[kind];
    const several = fields[`${kind}s`];
    const names = [
      one,
      ...(Array.isArray(several) ? several.map((item: unknown) => (item as { readonly name?: unknown } | null)?.name) : []),
    ];
    const named = names.filter((name) => typeof name === 'string').map((name) => `${namespace}/${name}`);
    return fields[`${kind}Selector`] === undefined ? named : [...named, `${namespace}/*`];
  });
}

const routeKinds = ['httpRoute', 'grpcRoute', 'tcpRoute', 'tlsRoute'] as const;
