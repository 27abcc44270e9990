/**
 * The words of Experiments that clients match on: conditions with their reasons, reasons of events, and the messages that go with them.
 * They are part of the API: change none of them.
 */

export const experimentConditionTypes = {
  invalidSpec: 'InvalidSpec',
  progressing: 'Progressing',
  running: 'Running',
  completed: 'Completed',
  replicaFailure: 'ReplicaFailure',
} as const;
export type ExperimentConditionType = (typeof experimentConditionTypes)[keyof typeof experimentConditionTypes];

export const experimentConditionReasons = {
  invalidSpec: 'InvalidSpec',
  replicaSetUpdated: 'ReplicaSetUpdated',
  newReplicaSetAvailable: 'NewReplicaSetAvailable',
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  running: 'ExperimentRunning',
  completed: 'ExperimentCompleted',
} as const;

export const experimentMessages = {
  invalidSpec: (experiment: string, errors: string) => `The Experiment "${experiment}" is invalid: ${errors}`,
  progressing: (experiment: string) => `Experiment "${experiment}" is progressing.`,
  available: (experiment: string) => `All pods of Experiment "${experiment}" are available.`,
  timedOut: (experiment: string) => `Experiment "${experiment}" has timed out progressing.`,
  running: (experiment: string) => `Experiment "${experiment}" is running.`,
  notRunning: (experiment: string) => `Experiment "${experiment}" is not running.`,
  completed: (experiment: string) => `Experiment "${experiment}" has ended.`,
  notCompleted: (experiment: string) => `Experiment "${experiment}" has not ended.`,
} as const;

/** `ExperimentRunning`, `ExperimentFailed`, ... */
export const experimentReason = <Phase extends string>(phase: Phase) => `Experiment${phase}` as const;
/** `TemplateProgressing`, `TemplateRunning`, ... */
export const templateReason = <Status extends string>(status: Status) => `Template${status}` as const;
