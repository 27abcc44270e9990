/** A shop behind an Ingress with the real controller at work: what tests of the nginx router begin with. */
import type { KubeObject } from '../../src/api/kubernetes.ts';
import type { Ingress } from '../../src/providers/traffic/nginx/ingress-object.ts';
import type { ControllerSettings } from './controller.ts';
import { nginxRoad } from './routed-laws.ts';
import { emptyStage, type RoutedStage, untilHealthy } from './routed-stage.ts';
import { type ShopOptions, shopIngress, shopRollout, shopServices } from './shop.ts';
import type { WatchedNamespace } from './watched-namespace.ts';

export const canaryName = nginxRoad.name;

/** Steps are confirmed soon: what serves the Ingress in these tests acts at once. */
export const soonTaken = ['--nginx-propagation=500ms'];

/** Routed by nginx alone, through the Ingress `shop`. */
export function nginxRollout(
  options: ShopOptions = {},
  nginx: object = { stableIngress: 'shop' },
  routing: object = {},
): KubeObject {
  return shopRollout({ ...options, canary: { trafficRouting: { nginx, ...routing }, ...options.canary } });
}

/** The first version is Healthy, and the canary Ingress is there. */
export async function openNginxShop(
  options: ShopOptions = {},
  { args = soonTaken, ...settings }: Omit<ControllerSettings, 'namespace'> = {},
): Promise<RoutedStage> {
  const stage = await emptyStage({ ...settings, args });
  await stage.view.apply(...shopServices(), shopIngress(), nginxRollout(options));
  await untilHealthy(stage.view, 'shop:v1');
  await stage.view.until('the canary Ingress is there', () => canaryIngress(stage.view) !== undefined);
  return stage;
}

export function canaryIngress(view: WatchedNamespace): Ingress | undefined {
  return view.ingresses.get(view.name, canaryName);
}

/** The canary's share by the canary Ingress; 0 where there is none. */
export function canaryWeight(view: WatchedNamespace): number {
  return nginxRoad.weight(canaryIngress(view), 'canary') ?? 0;
}

export async function untilWeighed(view: WatchedNamespace, step: number, weight: number): Promise<void> {
  await view.until(`pauses at step ${step} with weight ${weight}`, () => {
    const { phase, currentStepIndex, controllerPause } = view.status();
    return phase === 'Paused' && currentStepIndex === step && controllerPause === true && canaryWeight(view) === weight;
  });
}

export async function untilTakenBack(view: WatchedNamespace): Promise<void> {
  await view.until('it is aborted', () => {
    const { phase, message = '', abort } = view.status();
    return phase === 'Degraded' && message.startsWith('RolloutAborted') && abort === true && canaryWeight(view) === 0;
  });
}
