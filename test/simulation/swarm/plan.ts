/** What a seed draws: Rollouts of every kind, a history of edits and commands, pods that live as they like, and faults. Plain data. */
import { Random } from '../../../src/simulation/random.ts';
import type { NetworkFaults } from './faulty-network.ts';
import { furnished } from './furnish.ts';

export type Strategy =
  | {
      readonly kind: 'basic';
      readonly maxSurge: number;
      readonly maxUnavailable: number;
      readonly steps: readonly Step[];
      readonly services: boolean;
      readonly extra?: object;
    }
  | {
      readonly kind: 'routed';
      readonly steps: readonly Step[];
      readonly extra: object;
      readonly background: boolean;
      readonly router?: 'gateway' | 'nginx';
      readonly pingPong?: boolean;
      readonly maxWeight?: number;
    }
  | { readonly kind: 'blueGreen'; readonly fields: object; readonly analysis: 'none' | 'before' | 'after' | 'both' };

export type Step = object;

export interface PlannedRollout {
  readonly name: string;
  readonly replicas: number;
  readonly strategy: Strategy;
  readonly minReadySeconds: number;
  readonly undo: boolean;
  readonly fields: object;
  /** With a Deployment that it takes the place of, in this way. */
  readonly scaleDown?: 'never' | 'onsuccess' | 'progressively' | undefined;
  readonly autoscaled?: boolean;
  /** Of its container. */
  readonly port?: number;
  /** Pods wear metadata of their role. */
  readonly roles?: boolean;
  /** Beside what the strategy says by itself. */
  readonly extras?: object;
}

export interface PlannedExperiment {
  readonly name: string;
  readonly templates: readonly { readonly name: string; readonly replicas: number }[];
  readonly fields: object;
}

/** How pods of one image live and answer. */
export interface Version {
  readonly tag: string;
  readonly errorRatio: number;
  readonly slowMs: number;
  readonly fate: 'good' | 'crashes' | 'never-ready' | 'no-image' | 'flaps';
}

export type Action =
  | { readonly do: 'image'; readonly rollout: string; readonly tag: string }
  | {
      readonly do: 'abort' | 'retry' | 'promote' | 'full' | 'pause' | 'unpause' | 'recreate' | 'edit-route';
      readonly rollout: string;
    }
  | { readonly do: 'scale'; readonly rollout: string; readonly replicas: number }
  | { readonly do: 'lose-pod' | 'crash-pod' | 'evict-pod' | 'unready-pod'; readonly nth: number }
  | { readonly do: 'prometheus'; readonly health: 'up' | 'down' | 'empty' | 'nan' | 'slow' }
  | { readonly do: 'gateway'; readonly refuses: boolean }
  | { readonly do: 'away'; readonly forMs: number }
  | { readonly do: 'watches'; readonly how: 'ended' | 'broken' | 'gone' | 'silent' }
  | { readonly do: 'compact' }
  | { readonly do: 'kill'; readonly afterWrites: number }
  | { readonly do: 'stop' }
  | { readonly do: 'jump'; readonly ms: number }
  | { readonly do: 'restart'; readonly rollout: string; readonly inMs: number }
  /** How Jobs end from now on. */
  | { readonly do: 'jobs'; readonly code: number }
  /** Of every pod, in percent of what it asked for. */
  | { readonly do: 'load'; readonly percent: number }
  /** Whether the AnalysisTemplates are there. */
  | { readonly do: 'template'; readonly there: boolean }
  /** An edit of the steps: only so many are kept. */
  | { readonly do: 'steps'; readonly rollout: string; readonly keep: number }
  | {
      readonly do: 'scale-set' | 'delete-set' | 'stray-pod' | 'unlabel-pod';
      readonly rollout: string;
      readonly nth: number;
    }
  /** Selectors are taken back to what they were before any Rollout; the object that carries the weights is made anew. */
  | { readonly do: 'free-services' | 'delete-route'; readonly rollout: string }
  | { readonly do: 'experiment' | 'terminate' | 'retry-experiment'; readonly name: string }
  | { readonly do: 'lease'; readonly how: 'delete' | 'steal' };

export interface Plan {
  readonly seed: number;
  readonly edition: Edition;
  readonly rollouts: readonly PlannedRollout[];
  readonly experiments: readonly PlannedExperiment[];
  readonly versions: readonly Version[];
  readonly podMs: number;
  readonly routeMs: number;
  readonly processes: 1 | 2 | 3;
  readonly network: NetworkFaults;
  /** What happens, each behind the time before it. */
  readonly history: readonly { readonly afterMs: number; readonly action: Action }[];
}

export const goodTag = 'last';

/** How much a seed draws. Kept seeds are played as they were found: what is drawn since must not take from them what they found. */
export type Edition = 1 | 2;
export const newestEdition: Edition = 2;

export function drawPlan(seed: number, edition: Edition = newestEdition): Plan {
  const plan = drawFirst(seed);
  return edition === 1 ? plan : furnished(plan, new Random(seed).split('furnish'));
}

function drawFirst(seed: number): Plan {
  const random = new Random(seed).split('plan');
  const rollouts = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, (_, index) =>
    drawRollout(random.split(`rollout ${index}`), `app${index}`),
  );
  const versions = ['v1', 'v2', 'v3', 'v4'].map((tag, index) => drawVersion(random.split(tag), tag, index === 0));
  const isCalm = random.chance(0.3);
  const network: NetworkFaults = isCalm
    ? { latencyMs: random.pick([0, 2, 20]), refused: 0, lost: 0, watchDelayMs: 20, expired: 0 }
    : {
        latencyMs: random.pick([2, 20, 200]),
        refused: random.pick([0, 0.01, 0.05, 0.2]),
        lost: random.pick([0, 0.01, 0.05]),
        watchDelayMs: random.pick([20, 500, 3000]),
        expired: 0,
      };
  return {
    seed,
    edition: 1,
    rollouts,
    experiments: [],
    versions,
    podMs: random.pick([50, 800, 4000, 20_000]),
    routeMs: random.pick([10, 500, 4000]),
    processes: random.chance(0.25) ? 2 : 1,
    network,
    history: drawHistory(random.split('history'), rollouts, isCalm),
  };
}

function drawRollout(random: Random, name: string): PlannedRollout {
  return {
    name,
    replicas: random.integer(1, 6),
    strategy: drawStrategy(random),
    minReadySeconds: random.pick([0, 0, 0, 3]),
    undo: random.chance(0.15),
    fields: {
      ...(random.chance(0.3) && { revisionHistoryLimit: random.integer(0, 2) }),
      ...(random.chance(0.3) && { progressDeadlineSeconds: random.pick([30, 120]), progressDeadlineAbort: random.chance(0.6) }),
      ...(random.chance(0.2) && { analysis: { successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 1 } }),
    },
  };
}

function drawStrategy(random: Random): Strategy {
  const kind = random.pick(['basic', 'routed', 'routed', 'blueGreen'] as const);
  const steps = (): readonly Step[] => Array.from({ length: random.integer(0, 5) }, () => drawStep(random, kind === 'routed'));
  switch (kind) {
    case 'basic': {
      const [maxSurge = 1, maxUnavailable = 0] = random.pick([
        [1, 0],
        [0, 1],
        [2, 0],
        [3, 1],
        [0, 2],
        [1, 1],
      ]);
      return { kind, maxSurge, maxUnavailable, steps: steps(), services: random.chance(0.4) };
    }
    case 'routed':
      return {
        kind,
        steps: steps(),
        background: random.chance(0.2),
        extra: {
          ...(random.chance(0.3) && { scaleDownDelaySeconds: random.pick([0, 1, 10]) }),
          ...(random.chance(0.3) && { abortScaleDownDelaySeconds: random.pick([0, 1, 10]) }),
          ...(random.chance(0.2) && { minPodsPerReplicaSet: 2 }),
        },
      };
    case 'blueGreen':
      return {
        kind,
        analysis: random.pick(['none', 'none', 'before', 'after', 'both']),
        fields: {
          autoPromotionEnabled: random.chance(0.7),
          ...(random.chance(0.3) && { autoPromotionSeconds: random.integer(1, 20) }),
          ...(random.chance(0.4) && { previewReplicaCount: random.integer(1, 3) }),
          ...(random.chance(0.5) && { scaleDownDelaySeconds: random.pick([0, 2, 30]) }),
          ...(random.chance(0.3) && { abortScaleDownDelaySeconds: random.pick([0, 2, 30]) }),
          ...(random.chance(0.3) && { scaleDownDelayRevisionLimit: 1 }),
        },
      };
  }
}

function drawStep(random: Random, isRouted: boolean): Step {
  switch (random.integer(0, isRouted ? 7 : 5)) {
    case 0:
    case 1:
      return { setWeight: random.pick([0, 1, 5, 20, 34, 50, 80, 99, 100]) };
    case 2:
      return { pause: {} };
    case 3:
      return { pause: { duration: random.pick([1, 10, '1m']) } };
    case 4:
      return { analysis: { templates: [{ templateName: 'errors' }] } };
    case 5:
      return { setWeight: random.integer(1, 100) };
    case 6:
      return {
        setCanaryScale: random.pick([
          { replicas: random.integer(0, 6) },
          { weight: random.integer(0, 100) },
          { matchTrafficWeight: true },
        ]),
      };
    default: {
      const match = [{ headerName: 'x-canary', headerValue: { exact: 'yes' } }];
      return { setHeaderRoute: { name: 'beta', ...(random.chance(0.7) && { match }) } };
    }
  }
}

function drawVersion(random: Random, tag: string, isFirst: boolean): Version {
  if (isFirst) return { tag, errorRatio: 0, slowMs: 0, fate: 'good' };
  return {
    tag,
    errorRatio: random.pick([0, 0, 0, 0.3, 1]),
    slowMs: random.pick([0, 0, 0, 15_000]),
    fate: random.pick(['good', 'good', 'good', 'good', 'crashes', 'never-ready', 'no-image', 'flaps'] as const),
  };
}

function drawHistory(random: Random, rollouts: readonly PlannedRollout[], isCalm: boolean): Plan['history'] {
  return Array.from({ length: random.integer(2, 18) }, () => ({
    afterMs: random.pick([0, 5, 40, 300, 2000, 10_000, 40_000, 150_000]),
    action: drawAction(random, random.pick(rollouts).name, isCalm),
  }));
}

function drawAction(random: Random, rollout: string, isCalm: boolean): Action {
  const image: Action = { do: 'image', rollout, tag: random.pick(['v1', 'v2', 'v3', 'v4']) };
  const users: readonly (() => Action)[] = [
    () => image,
    () => image,
    () => image,
    () => ({ do: random.pick(['abort', 'retry', 'promote', 'promote', 'full', 'pause', 'unpause'] as const), rollout }),
    () => ({ do: random.pick(['abort', 'retry', 'promote', 'promote', 'full', 'pause', 'unpause'] as const), rollout }),
    () => ({ do: 'scale', rollout, replicas: random.integer(0, 8) }),
    () => ({ do: random.pick(['recreate', 'edit-route'] as const), rollout }),
    () => ({ do: random.pick(['lose-pod', 'crash-pod', 'evict-pod', 'unready-pod'] as const), nth: random.integer(0, 9) }),
    () => ({ do: 'prometheus', health: random.pick(['up', 'up', 'down', 'empty', 'nan', 'slow'] as const) }),
    () => ({ do: 'gateway', refuses: random.chance(0.4) }),
    () => ({ do: 'kill', afterWrites: random.integer(0, 9) }),
  ];
  const faults: readonly (() => Action)[] = [
    () => ({ do: 'away', forMs: random.pick([500, 5000, 60_000]) }),
    () => ({ do: 'watches', how: random.pick(['ended', 'broken', 'gone', 'silent'] as const) }),
    () => ({ do: 'watches', how: random.pick(['ended', 'broken', 'gone', 'silent'] as const) }),
    () => ({ do: 'compact' }),
    () => ({ do: 'kill', afterWrites: random.integer(0, 9) }),
    () => ({ do: 'stop' }),
    () => ({ do: 'jump', ms: random.pick([-60_000, -1000, 1000, 45_000, 600_000]) }),
  ];
  return random.pick(isCalm || random.chance(0.7) ? users : faults)();
}
