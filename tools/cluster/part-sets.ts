/** Which parts a cluster of some kind needs, so that they can be fetched before a network namespace is entered. */
import type { KubeletKind, PartName } from './contract.ts';

export interface PartWishes {
  readonly kubelet: KubeletKind;
  readonly traefik: boolean;
  readonly prometheus: boolean;
}

const controlPlane: readonly PartName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

export function partsFor(wishes: PartWishes): readonly PartName[] {
  return [
    ...controlPlane,
    ...(wishes.kubelet === 'kwok' ? (['kwok', 'kwok-stages'] as const) : []),
    ...(wishes.traefik ? (['traefik', 'gateway-api-crds'] as const) : []),
    ...(wishes.prometheus ? (['prometheus'] as const) : []),
  ];
}
