/** Seeds that found something, each with what it found. They are played before any other. */
export const keptSeeds: readonly (readonly [seed: number, found: string])[] = [
  [10, 'loggers are spread and their methods called apart: a class with private fields is no Logger'],
  [80, 'a gateway that refused a generation has to be asked again when it changes its mind (the simulation did not)'],
  [147, 'a write that the fence stopped was logged as an error with a stack, though it is how a lease ends'],
  [955, 'the law blamed a weight that went back to stable when nobody answered on either side any more'],
  [
    2339,
    'a Service that a former Rollout of the name had left on a version that was given up stayed there for ever, under Healthy',
  ],
];
