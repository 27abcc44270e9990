/** What users do with Rollouts, each story one Rollout of its own name: played on any world. */
import type { Rollout } from '../../src/api/rollout.ts';
import { tillRollout, tillServices } from './blue-green-stage.ts';
import { commands } from './routed-stage.ts';
import { imagePatch, type ShopOptions, shopRollout, shopRoute, shopServices, template } from './shop.ts';
import type { World } from './two-worlds.ts';

export type StoryPlay = (world: World, name: string) => Promise<void>;

const withoutRoute = {
  trafficRouting: undefined,
  stableService: undefined,
  canaryService: undefined,
  scaleDownDelaySeconds: undefined,
  abortScaleDownDelaySeconds: undefined,
  maxSurge: 1,
  maxUnavailable: 0,
};
const pausing = [{ setWeight: 50 }, { pause: {} }];
const bad = { analysis: { templates: [{ templateName: 'bad' }] } };
const good = { analysis: { templates: [{ templateName: 'good' }] } };

async function open(world: World, name: string, options: ShopOptions): Promise<void> {
  await applyTemplates(world);
  await world.apply(shopRollout({ name, replicas: 4, ...options }));
  await healthy(world, name, 'shop:v1');
}

async function openRouted(world: World, name: string, options: ShopOptions): Promise<void> {
  await world.apply(...shopServices(name), shopRoute({ name, parentRefs: world.parentRefs }));
  await open(world, name, options);
}

async function openTill(world: World, name: string, blueGreen: object): Promise<void> {
  await applyTemplates(world);
  await world.apply(...tillServices(name), tillRollout({ name, blueGreen }));
  await healthy(world, name, 'shop:v1');
}

async function applyTemplates(world: World): Promise<void> {
  for (const name of ['good', 'bad']) {
    const provider = { prometheus: { address: world.metricsAddress, query: name } };
    await world.apply(template(name, world.metricsAddress, { provider }));
  }
}

const setImage = (world: World, name: string, image: string) => world.patch(name, imagePatch(image));
const command = (world: World, name: string, what: keyof typeof commands) =>
  world.patch(name, { status: commands[what] }, 'status');

function statusOf(world: World, name: string): NonNullable<Rollout['status']> {
  const { metadata, status } = world.rollout(name) ?? {};
  return status !== undefined && status.observedGeneration === String(metadata?.generation) ? status : {};
}

function imageOf(world: World, name: string): string | undefined {
  const containers = world.rollout(name)?.spec.template?.spec?.containers as readonly { readonly image?: string }[] | undefined;
  return containers?.[0]?.image;
}

/** At rest: no pod of another version, and of a route all for the stable Service. */
async function healthy(world: World, name: string, image: string): Promise<void> {
  await world.until(`${name} is healthy with ${image}`, () => {
    const { phase, stableRS, currentPodHash, replicas, availableReplicas, canary } = statusOf(world, name);
    const { replicas: wanted, strategy } = world.rollout(name)?.spec ?? {};
    const isRouted = strategy?.canary?.trafficRouting !== undefined;
    if (phase !== 'Healthy' || stableRS === undefined || stableRS !== currentPodHash || imageOf(world, name) !== image)
      return false;
    if (replicas !== wanted || availableReplicas !== wanted) return false;
    return !isRouted || canary?.weights?.canary?.weight === 0;
  });
}

async function pausedAt(world: World, name: string, step: number | undefined): Promise<void> {
  await world.until(`${name} pauses at step ${step}`, () => {
    const { phase, currentStepIndex, controllerPause } = statusOf(world, name);
    return phase === 'Paused' && currentStepIndex === step && controllerPause === true;
  });
}

async function aborted(world: World, name: string): Promise<void> {
  await world.until(`${name} is aborted`, () => {
    const { phase, message = '', availableReplicas, replicas } = statusOf(world, name);
    return phase === 'Degraded' && message.startsWith('RolloutAborted') && replicas === availableReplicas && isBack(world, name);
  });
}

/** The pods of the version that was given up are gone. */
function isBack(world: World, name: string): boolean {
  const { updatedReplicas, replicas } = statusOf(world, name);
  return updatedReplicas === undefined || updatedReplicas === 0 ? replicas === world.rollout(name)?.spec.replicas : false;
}

/** name -> the story. */
export const stories: Readonly<Record<string, StoryPlay>> = {
  'a basic canary that is good': async (world, name) => {
    await open(world, name, { steps: pausing, canary: withoutRoute });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, 1);
    await command(world, name, 'promote');
    await healthy(world, name, 'shop:v2');
  },
  'a basic canary that its analysis takes back': async (world, name) => {
    await open(world, name, { steps: [{ setWeight: 25 }, good, { setWeight: 50 }, bad], canary: withoutRoute });
    await setImage(world, name, 'shop:v2');
    await aborted(world, name);
  },
  'a routed canary that is good': async (world, name) => {
    await openRouted(world, name, {
      steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, good, { pause: { duration: 1 } }],
    });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, 1);
    await command(world, name, 'promote');
    await healthy(world, name, 'shop:v2');
  },
  'a routed canary that a person aborts': async (world, name) => {
    await openRouted(world, name, { steps: [{ setWeight: 20 }, { setWeight: 40 }, { pause: {} }] });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, 2);
    await command(world, name, 'abort');
    await aborted(world, name);
  },
  'blue-green that a person promotes': async (world, name) => {
    await openTill(world, name, { autoPromotionEnabled: false, scaleDownDelaySeconds: 1 });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, undefined);
    await command(world, name, 'promote');
    await healthy(world, name, 'shop:v2');
  },
  'blue-green that fails behind its promotion': async (world, name) => {
    await openTill(world, name, {
      abortScaleDownDelaySeconds: 1,
      prePromotionAnalysis: good.analysis,
      postPromotionAnalysis: bad.analysis,
    });
    await setImage(world, name, 'shop:v2');
    await aborted(world, name);
  },
  'an abort, and once more': async (world, name) => {
    await openRouted(world, name, { steps: [{ setWeight: 20 }, { pause: {} }] });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, 1);
    await command(world, name, 'abort');
    await aborted(world, name);
    await command(world, name, 'retry');
    await pausedAt(world, name, 1);
    await command(world, name, 'promote');
    await healthy(world, name, 'shop:v2');
  },
  'an update during an update': async (world, name) => {
    await openRouted(world, name, { steps: [{ setWeight: 20 }, { pause: {} }] });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, 1);
    await setImage(world, name, 'shop:v3');
    await pausedAt(world, name, 1);
    await command(world, name, 'promote');
    await healthy(world, name, 'shop:v3');
  },
  'more pods during a pause': async (world, name) => {
    await open(world, name, { steps: pausing, canary: withoutRoute });
    await setImage(world, name, 'shop:v2');
    await pausedAt(world, name, 1);
    await world.patch(name, { spec: { replicas: 6 } });
    await world.until(`${name} has six pods`, () => {
      const { availableReplicas, updatedReplicas, phase } = statusOf(world, name);
      return availableReplicas === 6 && updatedReplicas === 3 && phase === 'Paused';
    });
    await command(world, name, 'promote');
    await healthy(world, name, 'shop:v2');
  },
};
