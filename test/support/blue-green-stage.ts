/** A till with an active and a preview Service on a real API server, and the promise that its users always find somebody. */
import { expect } from 'vitest';
import type { EndpointSlice, KubeObject, ReplicaSet, Service } from '../../src/api/kubernetes.ts';
import { labels } from '../../src/api/names.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import type { ControllerSettings } from './controller.ts';
import { emptyStage, type RoutedStage, untilHealthy } from './routed-stage.ts';
import { service } from './shop.ts';
import type { Version, WatchedNamespace } from './watched-namespace.ts';

export interface TillOptions {
  readonly name?: string;
  readonly replicas?: number;
  /** More fields of `strategy.blueGreen`. */
  readonly blueGreen?: object;
}

export function tillRollout({ name = 'till', replicas = 2, blueGreen }: TillOptions = {}): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'shop', image: 'shop:v1' }] } },
      strategy: { blueGreen: { activeService: name, previewService: `${name}-preview`, ...blueGreen } },
    },
  } as KubeObject;
}

export function tillServices(name = 'till'): readonly KubeObject[] {
  return [service(name, name), service(`${name}-preview`, name)];
}

/** The first version is Healthy and its users reach it. */
export async function openTill(
  options: TillOptions = {},
  settings: Omit<ControllerSettings, 'namespace'> = {},
  more: readonly KubeObject[] = [],
): Promise<RoutedStage> {
  const stage = await emptyStage(settings);
  const { name = 'till', replicas = 2 } = options;
  await stage.view.apply(...tillServices(name), ...more, tillRollout(options));
  await untilHealthy(stage.view, 'shop:v1', name);
  await stage.view.until('its users reach it', () => stage.view.readyEndpoints(name) === replicas);
  return stage;
}

export function hashOf(view: WatchedNamespace, image: string, name = 'till'): string {
  return view.replicaSetOf(image, name)?.metadata.labels?.[labels.podTemplateHash] ?? 'none';
}

/** The version that a Service selects. */
export function selectorOf(view: WatchedNamespace, name = 'till'): string | undefined {
  return view.services.get(view.name, name)?.spec.selector?.[labels.podTemplateHash];
}

/**
 * Throws where it was broken in what the API server has stored since: the active Service went only to a version with all its pods, or back
 * to the stable one; no version lost pods while it was selected; and there were always as many ready endpoints as pods are wanted.
 */
export function expectUsersAlwaysServed(history: readonly Version[], since: bigint, { name = 'till', replicas = 2 } = {}): void {
  const world = new Map<string, KubeObject>();
  const get = <T extends KubeObject>(kind: string, key: string): T | undefined => world.get(`${kind}/${key}`) as T | undefined;
  const active = (): string | undefined => get<Service>('Service', name)?.spec.selector?.[labels.podTemplateHash];
  for (const { kind, name: key, object, at } of history) {
    const [hash, before] = [active(), get<ReplicaSet>(kind, key)];
    if (object === undefined) world.delete(`${kind}/${key}`);
    else world.set(`${kind}/${key}`, object);
    if (at <= since) continue;
    const next = active();
    if (kind === 'Service' && next !== undefined && next !== hash) {
      const target = get<ReplicaSet>('ReplicaSet', `${name}-${next}`);
      const isStable = get<Rollout>('Rollout', name)?.status?.stableRS === next;
      expect(target?.status?.availableReplicas ?? 0, 'pods that were there when users came').toBeGreaterThanOrEqual(
        isStable ? 1 : replicas,
      );
    }
    if (kind === 'ReplicaSet' && key === `${name}-${hash}` && before !== undefined) {
      expect((object as ReplicaSet | undefined)?.spec.replicas ?? 0, `pods of ${key} with users`).toBeGreaterThanOrEqual(
        Math.min(replicas, before.spec.replicas ?? 1),
      );
    }
    if (kind === 'EndpointSlice') {
      const slices = [...world].filter(([id]) => id.startsWith('EndpointSlice/')).map(([, slice]) => slice as EndpointSlice);
      const own = slices.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name);
      const ready = own.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready === true);
      expect(ready.length, 'ready endpoints of the active Service').toBeGreaterThanOrEqual(replicas);
    }
  }
}
