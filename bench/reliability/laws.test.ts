/** The laws of the reliability run find what they are for, in histories that are made up. */
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import type { Version } from '../../test/support/watched-namespace.ts';
import { breaches } from './laws.ts';
import type { Strategy } from './shops.ts';

let at = 0n;
const version = (kind: string, name: string, object: object): Version => {
  at += 1n;
  return { at, kind, name, seenMs: Number(at), object: { metadata: { name }, ...object } as KubeObject };
};
const set = (hash: string, replicas: number, available: number) =>
  version('ReplicaSet', `shop-${hash}`, { spec: { replicas }, status: { availableReplicas: available } });
const stable = (hash: string) =>
  version('Service', 'stable', { spec: { selector: { app: 'shop', 'rollouts-pod-template-hash': hash } } });
const status = (fields: object) => version('Rollout', 'shop', { spec: {}, status: fields });
const told = (name: string, reason: string, message: string, count = 1) =>
  version('Event', name, { involvedObject: { kind: 'Rollout', name: 'shop' }, reason, message, count });

describe('a history in which', () => {
  it.each<[string, Strategy, readonly Version[], string | undefined]>([
    ['a pod more is asked for', 'basic', [set('a', 3, 3), set('b', 1, 0)], undefined],
    ['two more are asked for', 'basic', [set('a', 3, 3), set('b', 2, 0)], '5 pods are asked for'],
    ['an old pod goes for a new one', 'basic', [set('a', 3, 3), set('b', 1, 1), set('a', 2, 3)], undefined],
    ['an old pod goes too soon', 'basic', [set('a', 3, 3), set('b', 1, 0), set('a', 2, 3)], '2 pods are left available'],
    ['users follow a whole version', 'blue-green', [set('a', 3, 3), stable('a'), set('b', 3, 3), stable('b')], undefined],
    [
      'users follow half a version',
      'blue-green',
      [set('a', 3, 3), stable('a'), set('b', 3, 1), stable('b')],
      'of which 1 pods are available',
    ],
    ['served pods go', 'blue-green', [set('a', 3, 3), stable('a'), set('a', 1, 3)], '1 pods are asked for of shop-a'],
    ['stable is forgotten', 'basic', [status({ stableRS: 'a' }), status({})], 'no stable version any more'],
    ['nothing is said of trouble', 'basic', [status({ phase: 'Degraded', message: '' })], 'does not say why'],
    [
      'an end is told twice',
      'basic',
      [told('one', 'RolloutCompleted', 'done'), told('two', 'RolloutCompleted', 'done')],
      'told 2 times',
    ],
    [
      'a step is told three times',
      'basic',
      [told('one', 'RolloutStepCompleted', 'step 1/4'), told('two', 'RolloutStepCompleted', 'step 1/4', 2)],
      'told 3 times',
    ],
    [
      'a step of each update is told',
      'basic',
      [told('one', 'RolloutStepCompleted', 'step 1/4'), told('two', 'RolloutStepCompleted', 'step 1/4')],
      undefined,
    ],
    ['an end is counted twice', 'basic', [told('one', 'RolloutCompleted', 'done', 2)], 'told 2 times'],
    [
      'an event is written again as it was',
      'basic',
      [told('one', 'RolloutCompleted', 'done'), told('one', 'RolloutCompleted', 'done')],
      undefined,
    ],
  ])('%s', (_, strategy, history, law) => {
    const found = breaches({ namespace: 'fleet-0', strategy }, history);
    if (law === undefined) expect(found).toEqual([]);
    else expect(found).toEqual([expect.stringContaining(law)]);
  });
});
