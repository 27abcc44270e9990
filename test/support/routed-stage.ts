/** A shop behind the shared gateway with the real controller at work: what tests of routed deliveries begin with. */
import { onTestFinished } from 'vitest';
import { rollouts } from '../../src/api/resources.ts';
import { createNamespace, deleteNamespace } from './cluster.ts';
import { type ControllerSettings, type RunningController, startController } from './controller.ts';
import type { Kubectl } from './kubectl.ts';
import { imagePatch, type ShopOptions, shopRollout, shopRoute, shopServices } from './shop.ts';
import { type WatchedNamespace, watchNamespace } from './watched-namespace.ts';

export interface RoutedStage {
  readonly view: WatchedNamespace;
  readonly kubectl: Kubectl;
  readonly controller: RunningController;
}

/** An empty namespace, watched, with the controller at work in it; all of it ends with the test. */
export async function emptyStage(settings: Omit<ControllerSettings, 'namespace'> = {}): Promise<RoutedStage> {
  const namespace = await createNamespace(settings.cluster);
  onTestFinished(async () => await deleteNamespace(namespace, settings.cluster));
  const [view, controller] = await Promise.all([
    watchNamespace(namespace, settings.cluster),
    startController({ ...settings, namespace }),
  ]);
  return { view, kubectl: await view.kubectl(), controller };
}

/** The first version is Healthy, and the gateway has taken the route. */
export async function openShop(
  options: ShopOptions = {},
  settings: Omit<ControllerSettings, 'namespace'> = {},
): Promise<RoutedStage> {
  const stage = await emptyStage(settings);
  const name = options.name ?? 'shop';
  await stage.view.apply(...shopServices(name), shopRoute({ name }), shopRollout(options));
  await untilHealthy(stage.view, options.image ?? 'shop:v1', name);
  return stage;
}

/** This image is the stable one and the phase says Healthy. */
export async function untilHealthy(view: WatchedNamespace, image: string, name = 'shop'): Promise<void> {
  await view.until(`${name} is Healthy with ${image}`, () => {
    const { phase, stableRS } = view.status(name);
    const hash = view.replicaSetOf(image, name)?.metadata.labels?.['rollouts-pod-template-hash'];
    return phase === 'Healthy' && hash !== undefined && stableRS === hash;
  });
}

/** The update stands at this step's pause, with the canary's share of the route as given. */
export async function untilPausedAt(view: WatchedNamespace, step: number, weight: number, name = 'shop'): Promise<void> {
  const canary = name === 'shop' ? 'canary' : `${name}-canary`;
  await view.until(`${name} pauses at step ${step} with weight ${weight}`, () => {
    const { phase, currentStepIndex, controllerPause } = view.status(name);
    return phase === 'Paused' && currentStepIndex === step && controllerPause === true && view.weight(canary, name) === weight;
  });
}

export async function setImage(view: WatchedNamespace, image: string, name = 'shop'): Promise<void> {
  await view.patch(rollouts, name, imagePatch(image));
}

/** What the plugin's commands write. */
export const commands = {
  abort: { abort: true },
  retry: { abort: false },
  promote: { pauseConditions: null },
  promoteFull: { promoteFull: true },
} as const;

export async function command(view: WatchedNamespace, what: keyof typeof commands, name = 'shop'): Promise<void> {
  await view.patch(rollouts, name, { status: commands[what] }, { subresource: 'status' });
}

/** Aborted as its status tells it, and nobody is sent to the canary any more. */
export async function untilAborted(view: WatchedNamespace, name = 'shop'): Promise<void> {
  const canary = name === 'shop' ? 'canary' : `${name}-canary`;
  await view.until(`${name} is aborted`, () => {
    const { phase, message = '', abort } = view.status(name);
    return phase === 'Degraded' && message.startsWith('RolloutAborted') && abort === true && view.weight(canary, name) === 0;
  });
}
