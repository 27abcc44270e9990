import { expect, test } from 'vitest';
import type { Rollout } from '../../api/rollout.ts';
import { seenPhase } from './seen-phase.ts';

const paused = { phase: 'Paused', message: 'CanaryPauseStep', observedGeneration: '2' } as const;
const pause = [{ reason: 'CanaryPauseStep', startTime: '2026-01-01T00:00:00Z' }];
const ref = { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop' } };

const cases: readonly (readonly [string, object, string])[] = [
  ['no status', {}, 'Unknown - no controller has looked at it yet'],
  ['seen', { status: { ...paused, pauseConditions: pause } }, 'Paused - CanaryPauseStep'],
  [
    'a newer spec',
    { status: { ...paused, observedGeneration: '1' } },
    'Progressing - waiting for rollout spec update to be observed',
  ],
  ['a hash of old versions', { status: { ...paused, observedGeneration: '5f79b78d7f' } }, 'Paused - CanaryPauseStep'],
  ['a generation from the future', { status: { ...paused, observedGeneration: '9' } }, 'Paused - CanaryPauseStep'],
  ['no generation', { status: { phase: 'Healthy' } }, 'Healthy - '],
  [
    'a promotion that was not seen',
    { status: { ...paused, controllerPause: true, pauseConditions: [] } },
    'Progressing - waiting for rollout to unpause',
  ],
  ['a pause of its own', { status: { ...paused, controllerPause: true, pauseConditions: pause } }, 'Paused - CanaryPauseStep'],
  [
    'a newer workload',
    {
      spec: ref,
      metadata: { name: 'shop', generation: 2, annotations: { 'rollout.argoproj.io/workload-generation': '4' } },
      status: { ...paused, pauseConditions: pause, workloadObservedGeneration: '3' },
    },
    'Progressing - waiting for rollout spec update to be observed for the reference workload',
  ],
];

test.each(cases)('%s', (_, parts, expected) => {
  const rollout = { metadata: { name: 'shop', generation: 2 }, spec: {}, ...parts } as Rollout;
  const { phase, message } = seenPhase(rollout);
  expect(`${phase} - ${message}`).toBe(expected);
});
