import { expect, test } from 'vitest';
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Experiment } from '../../api/experiment.ts';
import type { KubeObject, ReplicaSet } from '../../api/kubernetes.ts';
import type { Rollout } from '../../api/rollout.ts';
import { experimentList, rolloutList } from '../commands/list.ts';
import { painted, unpainted } from '../print/tone.ts';
import { experimentHead } from './experiment-head.ts';
import { familyOf, type Surroundings } from './family.ts';
import { type Pod, podState } from './pod-state.ts';
import { podTrouble } from './pod-trouble.ts';
import { rolloutHead } from './rollout-head.ts';
import { experimentTree, rolloutTree } from './tree.ts';

const nowMs = Date.parse('2026-01-01T01:00:00Z');
const ago = (seconds: number) => new Date(nowMs - seconds * 1000).toISOString();

const rollout: Rollout = {
  metadata: { name: 'shop', namespace: 'web', uid: 'r', generation: 3, creationTimestamp: ago(3600) },
  spec: {
    replicas: 4,
    strategy: {
      canary: {
        stableService: 'stable',
        canaryService: 'canary',
        trafficRouting: { plugins: {} },
        steps: [
          { setWeight: 25 },
          { pause: { duration: '5m' } },
          { analysis: { templates: [{ templateName: 'ratio' }, { templateName: 'latency' }] } },
        ],
      },
    },
  },
  status: {
    phase: 'Paused',
    message: 'CanaryPauseStep',
    observedGeneration: '3',
    currentStepIndex: 1,
    pauseConditions: [{ reason: 'CanaryPauseStep', startTime: ago(60) }],
    controllerPause: true,
    currentPodHash: 'new',
    stableRS: 'old',
    replicas: 5,
    updatedReplicas: 1,
    readyReplicas: 4,
    availableReplicas: 4,
    canary: { weights: { canary: { weight: 25 }, stable: { weight: 75 } } },
    conditions: [
      {
        type: 'Paused',
        status: 'True',
        reason: 'RolloutPaused',
        message: 'Rollout is paused at step 2/3 (pause: 5m): goes on with analysis ratio, latency at 2026-01-01T01:04:00Z',
        lastUpdateTime: ago(60),
        lastTransitionTime: ago(60),
      },
    ],
  },
};

const owned = (name: string, owner: string, seconds: number, more: object = {}) => ({
  name,
  namespace: 'web',
  uid: name,
  creationTimestamp: ago(seconds),
  ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: owner, uid: owner, controller: true }],
  ...more,
});
const revision = (number: number, hash: string, more: object = {}) => ({
  annotations: { 'rollout.argoproj.io/revision': String(number), ...more },
  labels: { 'rollouts-pod-template-hash': hash },
});

function replicaSet(
  name: string,
  number: number,
  image: string,
  replicas: number,
  available: number,
  more: object = {},
): ReplicaSet {
  return {
    metadata: owned(name, 'r', number === 2 ? 120 : 3600, revision(number, name.slice(5), more)),
    spec: { replicas, selector: {}, template: { spec: { containers: [{ name: 'web', image }] } } },
    status: { replicas, availableReplicas: available },
  } as ReplicaSet;
}

const running = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ ready: true, restartCount: 0 }],
};
const pulling = {
  phase: 'Pending',
  containerStatuses: [
    {
      ready: false,
      restartCount: 2,
      state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "shop:2"' } },
    },
  ],
};
const pod = (name: string, owner: string, status: object, seconds = 3600): Pod => ({
  metadata: owned(name, owner, seconds),
  spec: { containers: [{}] },
  status,
});

const experiment: Experiment = {
  metadata: owned('shop-trial', 'r', 30, revision(2, 'new')),
  spec: { duration: '10m', templates: [{ name: 'baseline' }] },
  status: {
    phase: 'Running',
    availableAt: ago(20),
    templateStatuses: [{ name: 'baseline', status: 'Running', replicas: 1, availableReplicas: 1 }],
  },
} as unknown as Experiment;

const all: Surroundings = {
  replicaSets: [
    replicaSet('shop-old', 1, 'shop:1', 3, 3),
    replicaSet('shop-new', 2, 'shop:2', 1, 0),
    replicaSet('shop-older', 0, 'shop:0', 1, 1, { 'scale-down-deadline': ago(-25) }),
    {
      ...replicaSet('shop-trial-baseline', 0, 'shop:1', 1, 1),
      metadata: owned('shop-trial-baseline', 'shop-trial', 30),
    } as ReplicaSet,
  ],
  pods: [
    pod('shop-old-b', 'shop-old', running),
    pod('shop-old-a', 'shop-old', running),
    pod('shop-new-a', 'shop-new', pulling, 90),
    pod('stranger', 'other', running),
  ],
  analysisRuns: [
    {
      metadata: owned('shop-new-2', 'r', 45, revision(2, 'new')),
      spec: {},
      status: { phase: 'Running', metricResults: [{ name: 'ratio', phase: 'Running', successful: 3, failed: 1 }] },
    } as unknown as AnalysisRun,
  ],
  experiments: [experiment],
};
const family = { rollout, ...familyOf(rollout, all) };

test('the head of a Rollout', () => {
  expect(rolloutHead(family, nowMs, unpainted)).toBe(`Name:        shop
Namespace:   web
Status:      ‖ Paused
Message:     CanaryPauseStep
Next:        Rollout is paused at step 2/3 (pause: 5m): goes on with analysis ratio, latency at 2026-01-01T01:04:00Z
Strategy:    canary, step 1/3, weight 25, on the routes 25
Images:      shop:2 (canary)
             shop:1 (stable)
             shop:0
Pods:        4 desired, 5 current, 1 updated, 4 ready, 4 available
Steps:       ✔ setWeight: 25
             ▶ pause: 5m (4m left)
               analysis: ratio, latency
`);
});

test('the tree of a Rollout', () => {
  expect(
    rolloutTree(family, nowMs, unpainted),
  ).toBe(`NAME                           KIND          STATUS             READY   AGE     INFO
shop                           Rollout       ‖ Paused           4/4     1h
├─ revision 2
│  ├─ shop-new                 ReplicaSet    ✖ Degraded         0/1     2m      canary, shop:2
│  │  └─ shop-new-a            Pod           ImagePullBackOff   0/1     1m30s   2 restarts, Back-off pulling image "shop:2"
│  ├─ shop-trial               Experiment    ◌ Running                  30s
│  │  └─ shop-trial-baseline   ReplicaSet    ✔ Healthy          1/1     30s
│  └─ shop-new-2               AnalysisRun   ◌ Running                  45s     ratio ✔ 3 ✖ 1
├─ revision 1
│  └─ shop-old                 ReplicaSet    ✔ Healthy          3/3     1h      stable, shop:1
│     ├─ shop-old-a            Pod           Running            1/1     1h
│     └─ shop-old-b            Pod           Running            1/1     1h
└─ without a revision
   └─ shop-older               ReplicaSet    ✔ Healthy          1/1     1h      goes in 25s
`);
});

test('an Experiment', () => {
  const text = experimentHead(experiment, unpainted) + experimentTree(experiment, familyOf(experiment, all), nowMs, unpainted);
  expect(text).toBe(`Name:        shop-trial
Namespace:   web
Status:      ◌ Running
Duration:    10m
Templates:   baseline (Running, 1/1 available)
NAME                     KIND         STATUS      READY   AGE   INFO
shop-trial               Experiment   ◌ Running           30s
└─ shop-trial-baseline   ReplicaSet   ✔ Healthy   1/1     30s
`);
});

test('lists', () => {
  const style = { nowMs, paint: unpainted, withNamespace: true };
  const bare = { metadata: { name: 'young', namespace: 'web' }, spec: {} } as KubeObject;
  expect(
    rolloutList([rollout, bare], style),
  ).toBe(`NAMESPACE   NAME    STRATEGY   STATUS      STEP   SET-WEIGHT   READY   DESIRED   UP-TO-DATE   AVAILABLE   AGE
web         shop    canary     ‖ Paused    1/3    25           4/5     4         1            4           1h
web         young   none       · Unknown   -      -            0/0     1         0            0
`);
  expect(experimentList([experiment], { ...style, withNamespace: false })).toBe(`NAME         STATUS      DURATION   REMAINING   AGE
shop-trial   ◌ Running   10m        9m40s       30s
`);
});

test('a phase has its colour', () => {
  expect(rolloutHead(family, nowMs, painted)).toContain('\u001b[33m‖ Paused\u001b[0m');
});

const states: Readonly<Record<string, { readonly pod: object; readonly is: readonly [string, string] }>> = {
  'a pod that runs': { pod: { status: running }, is: ['Running', 'good'] },
  'one that is not ready yet': { pod: { status: { phase: 'Running' } }, is: ['Running', 'busy'] },
  'one without a status': { pod: {}, is: ['Pending', 'busy'] },
  'one that goes': { pod: { metadata: { name: 'a', deletionTimestamp: ago(1) }, status: running }, is: ['Terminating', 'dim'] },
  'one that crashes': {
    pod: { status: { phase: 'Running', containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] } },
    is: ['CrashLoopBackOff', 'bad'],
  },
  'one whose init container fails': {
    pod: { status: { phase: 'Pending', initContainerStatuses: [{ state: { terminated: { exitCode: 1, reason: 'Error' } } }] } },
    is: ['Init:Error', 'bad'],
  },
  'one that was evicted': { pod: { status: { phase: 'Failed', reason: 'Evicted' } }, is: ['Evicted', 'bad'] },
  'one that is done': {
    pod: { status: { phase: 'Succeeded', containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } } }] } },
    is: ['Completed', 'good'],
  },
};

test.each(Object.entries(states))('%s', (_, { pod: more, is }) => {
  const { word, tone } = podState({ metadata: { name: 'a' }, ...more } as Pod);
  expect([word, tone]).toEqual(is);
});

test('trouble of the same kind is told once, that of other ReplicaSets not at all', () => {
  const unschedulable = {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }],
  };
  const pods = [
    pod('a', 'new', pulling),
    pod('b', 'new', pulling),
    pod('c', 'new', unschedulable),
    pod('d', 'old', pulling),
    pod('e', 'new', running),
  ];
  expect(podTrouble(pods, 'new')).toEqual([
    '2 new pods are not ready: ImagePullBackOff: Back-off pulling image "shop:2"',
    '1 new pod is not ready: Pending: 0/3 nodes are available',
  ]);
  expect(podTrouble(pods, undefined)).toEqual([]);
});
