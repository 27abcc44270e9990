/** A till in a toy world: blue-green, two pods, an active and a preview Service; told apart by the tags of its versions. */
import { expect } from 'vitest';
import { labels } from '../../src/api/names.ts';
import type { BlueGreenStrategy, RolloutSpec } from '../../src/api/rollout.ts';
import { good } from './rollout-scenarios.ts';
import { tagOf, templateOf } from './shop-template.ts';
import { type ToyOptions, ToyWorld } from './toy-world.ts';

export const analysis = { templates: [{ templateName: 'good' }] };
export const manual = { autoPromotionEnabled: false };

/** v1 is stable and users reach it. */
export function openTill(
  blueGreen: Partial<BlueGreenStrategy> = {},
  spec: Partial<RolloutSpec> = {},
  options: ToyOptions = {},
): ToyWorld {
  const world = new ToyWorld(
    {
      replicas: 2,
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { blueGreen: { activeService: 'active', previewService: 'preview', ...blueGreen } },
      ...spec,
    },
    { services: ['active', 'preview'], templates: [good], ...options },
  );
  world.settle(10_000);
  expect(selected(world)).toEqual({ active: 'v1', preview: 'v1' });
  return world;
}

/** The same, and v2 has come as far as it can. */
export function updatedTill(...from: Parameters<typeof openTill>): ToyWorld {
  const world = openTill(...from);
  world.image('v2');
  world.settle(5_000);
  return world;
}

const tagOfHash = (world: ToyWorld, hash: string | undefined): string | undefined => {
  for (const one of world.replicaSets.values()) {
    if (one.metadata.labels?.[labels.podTemplateHash] === hash) return tagOf(one);
  }
  return undefined;
};

/** Service -> tag of the version that it selects. */
export function selected(world: ToyWorld): Readonly<Record<string, string | undefined>> {
  const of = (name: string) => tagOfHash(world, world.services.get(name)?.spec.selector?.[labels.podTemplateHash]);
  return { active: of('active'), preview: of('preview') };
}

export const shown = ({ status }: ToyWorld): string => `${status.phase}: ${status.message}`;
export const conditionOf = ({ status }: ToyWorld, type: string): string | undefined =>
  status.conditions?.find((one) => one.type === type)?.status;
