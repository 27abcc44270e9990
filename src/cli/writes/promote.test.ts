import { expect, test } from 'vitest';
import type { Rollout } from '../../api/rollout.ts';
import { type PromoteMode, promotion } from './promote.ts';

const pauseConditions = [{ reason: 'CanaryPauseStep', startTime: '2026-01-01T00:00:00Z' }];
const steps = [{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }];
const canary = { strategy: { canary: { steps } } };
const inconclusive = { currentStepAnalysisRunStatus: { name: 'shop-1', status: 'Inconclusive' } };
const guard = '"metadata":{"resourceVersion":"7"},';

interface Case {
  readonly mode?: PromoteMode;
  readonly spec?: object;
  readonly status?: object;
  /** Bodies of the writes, with `status ` before those of the subresource. */
  readonly writes?: readonly string[];
  readonly refused?: string;
}

const cases: Readonly<Record<string, Case>> = {
  'a pause is ended': {
    status: { pauseConditions, controllerPause: true, currentStepIndex: 1 },
    writes: ['status {"status":{"pauseConditions":null}}'],
  },
  'a step that does not pause is skipped, as seen': {
    status: { currentStepIndex: 0 },
    writes: [`status {${guard}"status":{"pauseConditions":null,"currentStepIndex":1}}`],
  },
  'an analysis that could not decide is gone past': {
    status: { pauseConditions, controllerPause: true, currentStepIndex: 1, canary: inconclusive },
    writes: [`status {${guard}"status":{"pauseConditions":null,"controllerPause":false,"currentStepIndex":2}}`],
  },
  'spec.paused goes after the status': {
    spec: { ...canary, paused: true },
    status: { pauseConditions, currentStepIndex: 1 },
    writes: ['status {"status":{"pauseConditions":null}}', ' {"spec":{"paused":false}}'],
  },
  'spec.paused alone': {
    spec: { strategy: { blueGreen: { activeService: 'active' } }, paused: true },
    writes: [' {"spec":{"paused":false}}'],
  },
  'no step is left': { status: { currentStepIndex: 3 }, refused: 'it neither pauses nor has a step left' },
  'blue-green that does not pause': {
    spec: { strategy: { blueGreen: { activeService: 'active' } } },
    refused: 'it neither pauses nor has a step left',
  },
  full: {
    mode: 'full',
    status: { currentPodHash: 'b', stableRS: 'a', currentStepIndex: 0 },
    writes: ['status {"status":{"promoteFull":true}}'],
  },
  'full of what is stable': {
    mode: 'full',
    status: { currentPodHash: 'a', stableRS: 'a' },
    refused: 'the version in its spec is the stable one already',
  },
  'full of what is stable and held': {
    mode: 'full',
    spec: { ...canary, paused: true },
    status: { currentPodHash: 'a', stableRS: 'a' },
    writes: [' {"spec":{"paused":false}}'],
  },
  'skip the step': {
    mode: 'skip-current-step',
    status: { pauseConditions, currentStepIndex: 1 },
    writes: [`status {${guard}"status":{"pauseConditions":null,"currentStepIndex":2}}`],
  },
  'skip all steps': {
    mode: 'skip-all-steps',
    status: { currentStepIndex: 1 },
    writes: [`status {${guard}"status":{"pauseConditions":null,"currentStepIndex":3}}`],
  },
  'skip steps of blue-green': {
    mode: 'skip-all-steps',
    spec: { strategy: { blueGreen: { activeService: 'active' } } },
    refused: 'there are no steps to skip: --skip-all-steps is for canaries with steps',
  },
};

test.each(Object.entries(cases))('%s', (_, { mode = 'plain', spec = canary, status = {}, writes, refused }) => {
  const rollout = { metadata: { name: 'shop', resourceVersion: '7' }, spec, status } as Rollout;
  const found = promotion(rollout, mode);
  if ('refused' in found) expect(found.refused).toBe(refused);
  else expect(found.writes.map(({ subresource = '', patch }) => `${subresource} ${JSON.stringify(patch.body)}`)).toEqual(writes);
});
