/** One thing that is wrong with an object, said so that its author can mend it. */
export interface Problem {
  /** Where, as users write it: `spec.strategy.canary.steps[2].setWeight`. */
  readonly path: string;
  /** What is wrong and what to write instead. */
  readonly message: string;
  /** True where another object is missing that may still come. */
  readonly isMissing?: true;
}
