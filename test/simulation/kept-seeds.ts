/** Seeds that found something, each with what it found and the edition of plans that drew it. They are played before any other. */
import type { Edition } from './swarm/plan.ts';

export interface KeptSeed {
  readonly seed: number;
  readonly edition: Edition;
  readonly found: string;
}

export const keptSeeds: readonly KeptSeed[] = [
  { seed: 10, edition: 1, found: 'loggers are spread and their methods called apart: a class with private fields is no Logger' },
  {
    seed: 80,
    edition: 1,
    found: 'a gateway that refused a generation has to be asked again when it changes its mind (the simulation did not)',
  },
  {
    seed: 147,
    edition: 1,
    found: 'a write that the fence stopped was logged as an error with a stack, though it is how a lease ends',
  },
  {
    seed: 955,
    edition: 1,
    found: 'the law blamed a weight that went back to stable when nobody answered on either side any more',
  },
  {
    seed: 2339,
    edition: 1,
    found:
      'a Service that a former Rollout of the name had left on a version that was given up stayed there for ever, under Healthy',
  },
  { seed: 1028, edition: 2, found: 'the law blamed Rampart for pods that somebody else had asked for in the same moment' },
  { seed: 181, edition: 2, found: 'the law blamed Rampart for a ReplicaSet whose creation had not been answered yet' },
];
