/** The pod template of the shop in toy worlds, told apart by the tag of its image. */
import type { ReplicaSet } from '../../src/api/kubernetes.ts';
import type { RolloutSpec } from '../../src/api/rollout.ts';

export function tagOf(replicaSet: ReplicaSet): string {
  const containers = replicaSet.spec.template.spec?.containers as { image: string }[] | undefined;
  return containers?.[0]?.image.split(':')[1] ?? '';
}

export function templateOf(tag: string): NonNullable<RolloutSpec['template']> {
  return { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'shop', image: `shop:${tag}` }] } };
}

/** The same with a port, which shares of the traffic need. */
export function portedTemplateOf(tag: string): NonNullable<RolloutSpec['template']> {
  const containers = [{ name: 'shop', image: `shop:${tag}`, ports: [{ containerPort: 80, name: 'http' }] }];
  return { ...templateOf(tag), spec: { containers } };
}

/** The same pods of another version. */
export function withTag(template: RolloutSpec['template'], tag: string): NonNullable<RolloutSpec['template']> {
  const [container] = (template?.spec?.containers ?? []) as readonly object[];
  return { ...templateOf(tag), spec: { containers: [{ ...container, name: 'shop', image: `shop:${tag}` }] } };
}
