/** One thing that lint has to say. */

export type Level = 'error' | 'warning';

export interface Finding {
  readonly level: Level;
  /** Where the object is written; a file and the line on which the object begins, or the cluster. */
  readonly file: string;
  readonly line: number;
  /** `Rollout shop`; empty for text that is no object. */
  readonly object: string;
  readonly namespace: string;
  /** As users write it: `spec.strategy.canary.steps[2].setWeight`; empty for the whole object. */
  readonly path: string;
  readonly message: string;
}

/** What a check of one object finds; where it stands is known to the caller. */
export type Remark = Pick<Finding, 'level' | 'path' | 'message'>;

export function error(path: string, message: string): Remark {
  return { level: 'error', path, message };
}

export function warning(path: string, message: string): Remark {
  return { level: 'warning', path, message };
}
