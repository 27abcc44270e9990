import { expect, test } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { ToyWorld } from '../../../test/support/toy-world.ts';
import type { CanaryStrategy, RolloutSpec } from '../../api/rollout.ts';
import { explain } from './explain.ts';

const analysis = { templates: [{ templateName: 'success-rate' }] };
const template = {
  metadata: { name: 'success-rate' },
  spec: { metrics: [{ name: 'ratio', count: 3, interval: '1m', provider: { prometheus: { address: 'http://p', query: 'x' } } }] },
};
const routing: CanaryStrategy = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } },
};

interface Options {
  readonly spec?: Partial<RolloutSpec>;
  readonly latencyMs?: number;
}

function world(canary: CanaryStrategy, { spec, latencyMs = 0 }: Options = {}): ToyWorld {
  const services = canary.trafficRouting === undefined ? [] : ['canary', 'stable'];
  const strategy = { canary: { maxSurge: 1, maxUnavailable: 0, ...canary } };
  const all: RolloutSpec = {
    replicas: 2,
    selector: { matchLabels: { app: 'shop' } },
    template: templateOf('v1'),
    strategy,
    ...spec,
  };
  const late = (name: string) => (name.endsWith(first) ? 0 : latencyMs);
  let first = '';
  const made = new ToyWorld(all, { templates: [template], services, podLatencyMs: late });
  made.settle(1_000);
  first = made.status.currentPodHash ?? '';
  made.settle(20_000);
  return made;
}

function updating(canary: CanaryStrategy, options: Options = {}): ToyWorld {
  const made = world(canary, options);
  made.image('v2');
  made.settle(20_000);
  return made;
}

const steps = [{ setWeight: 50 }, { pause: {} }, { setWeight: 80 }];
const never = Number.POSITIVE_INFINITY;

const cases: Readonly<
  Record<string, { readonly of: () => ToyWorld; readonly trouble?: readonly string[]; readonly says: readonly string[] }>
> = {
  'nothing to do': {
    of: () => world({ steps }),
    says: ['Revision 1 is the stable version and all 2 of its pods are available; the next change of the spec begins an update.'],
  },
  'a pause': {
    of: () => updating({ steps }),
    says: [
      'Rollout is paused at step 2/3 (pause): goes on with setWeight: 80 when someone promotes it: kubectl argo rollouts promote shop.',
    ],
  },
  'a routed pause, whose gateway is known to have the weights': {
    of: () => updating({ ...routing, steps }),
    says: [
      'Rollout is paused at step 2/3 (pause): goes on with setWeight: 80 when someone promotes it: kubectl argo rollouts promote shop.',
    ],
  },
  'pods that do not come': {
    of: () => updating({ steps }, { latencyMs: never }),
    trouble: ['1 new pod is not ready: ImagePullBackOff'],
    says: [
      'Revision 2 is on its way at step 1/3 (setWeight: 50): 0 of the 1 pods it has been given are available (2 in the end).',
      '1 new pod is not ready: ImagePullBackOff.',
      'Then comes step 2/3 (pause).',
      'Without progress it counts as stuck at <deadline>.',
    ],
  },
  'pods that do not come where that aborts': {
    of: () => updating({ steps }, { latencyMs: never, spec: { progressDeadlineAbort: true } }),
    says: [
      expect.stringContaining('Revision 2 is on its way at step 1/3') as unknown as string,
      'Then comes step 2/3 (pause).',
      'Without progress it is aborted at <deadline>.',
    ],
  },
  'pods that have not come in time': {
    of: () => {
      const made = updating({ steps }, { latencyMs: never });
      made.settle(700_000);
      return made;
    },
    says: [
      'Revision 2 is on its way at step 1/3 (setWeight: 50): 0 of the 1 pods it has been given are available (2 in the end).',
      expect.stringMatching(/^ProgressDeadlineExceeded: ReplicaSet "shop-\w+" has timed out progressing\.$/) as unknown as string,
      'Then comes step 2/3 (pause).',
    ],
  },
  'a single pod': {
    of: () => world({ steps }, { spec: { replicas: 1 } }),
    says: ['Revision 1 is the stable version and its pod is available; the next change of the spec begins an update.'],
  },
  'an analysis': {
    of: () => updating({ steps: [{ setWeight: 50 }, { analysis }] }),
    says: [
      'Revision 2 is on its way at step 2/2 (analysis): 1 of the 1 pods it has been given are available (2 in the end).',
      expect.stringMatching(/^AnalysisRun shop-\w+-2-1 measures/) as unknown as string,
      'Then revision 2 becomes the stable version.',
    ],
  },
  'an abort': {
    of: () => {
      const made = updating({ steps });
      made.command({ abort: true });
      made.settle(20_000);
      return made;
    },
    says: [
      'RolloutAborted: Rollout aborted update to revision 2.',
      'Rollout is aborted: back to revision 1; waits for another version in the spec, or for kubectl argo rollouts retry rollout shop.',
    ],
  },
  'a spec that cannot be obeyed': {
    of: () => {
      const made = world({ steps });
      made.change({ selector: {} });
      made.settle(5_000);
      return made;
    },
    says: [
      'The Rollout "shop" is invalid: spec.selector: must not be empty, or it would select every pod of the namespace.',
      'It goes on by itself as soon as that is put right; until then nothing new begins, and an abort still works.',
    ],
  },
  'a change that the controller has not seen': {
    of: () => {
      const made = world({ steps });
      made.image('v2');
      return made;
    },
    says: [
      expect.stringContaining('Revision 2 is on its way') as unknown as string,
      'Then comes step 2/3 (pause).',
      'The controller has not acted on this yet; if that lasts, see whether it runs and leads.',
    ],
  },
};

test.each(Object.entries(cases))('%s', (_, { of, trouble, says }) => {
  const made = of();
  const { sentences } = explain(made.observe(), made.nowMs, trouble);
  const dated = sentences.map((text) => text.replace(/ at \d{4}-[^ ]*Z\.$/, ' at <deadline>.'));
  expect(dated).toEqual(says);
});

test('what the controller remembers of the gateway is not needed', () => {
  const made = updating({ ...routing, steps });
  const { routes, ...observed } = made.observe();
  expect(routes?.state).toBe('confirmed');
  expect(explain({ ...observed, routes: undefined }, made.nowMs)).toEqual(explain(made.observe(), made.nowMs));
});
