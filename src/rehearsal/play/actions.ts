/** Does to a world what a scenario says: breaks parts of it, and commands and edits as people do, by the fields that their clients write. */
import { rollouts } from '../../api/resources.ts';
import type { Action } from '../scenario.ts';
import type { World } from './world.ts';

/** Does it, and says what was done; undefined where there was nothing to do it to. */
export function act(world: World, action: Action): string | undefined {
  switch (action.do) {
    case 'prometheus':
      world.simulation.prometheus.health = action.health;
      return healthWords[action.health];
    case 'prometheus-slow':
      world.simulation.prometheus.health = { answersAfterMs: action.seconds * 1000 };
      return `Prometheus answers after ${action.seconds} s`;
    case 'gateway':
      world.setGateway(action.refuses);
      return action.refuses ? 'the gateway refuses what is written into routes' : 'the gateway takes routes again';
    case 'api-server':
      world.setAway(true);
      world.at({ seconds: world.now() + action.awayForSeconds }, () => world.setAway(false));
      return `the API server is away for ${action.awayForSeconds} s`;
    case 'kill-controller':
      world.killController(undefined, action.backAfterSeconds * 1000);
      return undefined;
    case 'next-version':
      world.applyVersion('next');
      return 'the next version is applied';
    case 'undo':
      world.applyVersion('old');
      return 'the template of the version before is put back';
    default:
      return person(world, action);
  }
}

const healthWords = {
  up: 'Prometheus is back',
  down: 'Prometheus cannot be reached',
  empty: 'Prometheus has no data',
  nan: 'Prometheus answers NaN',
} as const;

type Personal = Extract<Action, { do: 'abort' | 'retry' | 'promote' | 'edit' | 'scale' | 'delete' }>;

function person(world: World, action: Personal): string | undefined {
  const { simulation, stage, rollout } = world;
  const { name, namespace } = stage;
  if (rollout === undefined) return undefined;
  const status = (body: object): void => simulation.patch(rollouts, name, { status: body }, { namespace, subresource: 'status' });
  const spec = (body: object): void => simulation.patch(rollouts, name, { spec: body }, { namespace });
  switch (action.do) {
    case 'abort':
      status({ abort: true });
      return 'a person aborts';
    case 'retry':
      status({ abort: false });
      return 'a person tries again';
    case 'promote':
      return promote(world, action.full === true);
    case 'edit': {
      const canary = rollout.spec.strategy?.canary;
      const steps = canary?.steps ?? [];
      if (steps.length === 0) {
        spec({ minReadySeconds: (rollout.spec.minReadySeconds ?? 0) + 1 });
        return 'a person changes minReadySeconds';
      }
      spec({ strategy: { canary: { steps: [...steps, { pause: { duration: '5s' } }] } } });
      return 'a person adds a step at the end';
    }
    case 'scale': {
      const replicas = Math.max(1, Math.round((rollout.spec.replicas ?? 1) * action.times));
      spec({ replicas });
      return `a person scales to ${replicas}`;
    }
    case 'delete':
      simulation.cluster.server.delete(rollouts, { namespace, name }, { propagation: 'Orphan' }, 'user');
      return 'a person deletes the Rollout and leaves its pods';
    default:
      return action satisfies never;
  }
}

/** As `rampart promote` does. */
export function promote({ simulation, stage, rollout }: World, isFull: boolean): string | undefined {
  if (rollout === undefined) return undefined;
  const { name, namespace } = stage;
  const { spec, status } = rollout;
  const write = (body: object): void => simulation.patch(rollouts, name, { status: body }, { namespace, subresource: 'status' });
  if (spec.paused === true) simulation.patch(rollouts, name, { spec: { paused: false } }, { namespace });
  if (isFull) {
    if (status?.currentPodHash === status?.stableRS) return undefined;
    write({ promoteFull: true });
    return 'a person promotes without the steps that are left';
  }
  if ((status?.pauseConditions ?? []).length > 0) {
    write({ pauseConditions: null });
    return 'a person promotes';
  }
  const steps = spec.strategy?.canary?.steps ?? [];
  const index = status?.currentStepIndex;
  if (index === undefined || index >= steps.length) return undefined;
  write({ pauseConditions: null, currentStepIndex: index + 1 });
  return 'a person skips a step';
}
