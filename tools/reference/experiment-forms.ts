/** Every event and every condition of Experiments: when, and in which words. The test beside it plays experiments and holds what they say against these tables. */
import { experimentMessages as messages } from '../../src/api/experiment-reasons.ts';
import type { EventForm } from './announcement-forms.ts';

const normal = (reason: string, form: string, when: string): EventForm => ({ reason, type: 'Normal', form, when });
const warning = (reason: string, form: string, when: string): EventForm => ({ reason, type: 'Warning', form, when });
const run = (phase: string) => `AnalysisRun '<name>' of analysis '<name>' is ${phase}`;

/** Roughly in the order of a life. */
export const experimentEvents: readonly EventForm[] = [
  warning('InvalidSpec', messages.invalidSpec('<name>', '<problems>'), 'Something keeps the Experiment from being obeyed.'),
  normal('ExperimentPending', 'Experiment is Pending', 'It has begun; its pods are to come.'),
  normal('TemplateProgressing', "Template '<name>' is Progressing", 'Pods of a template are to come, or to come again.'),
  normal('TemplateRunning', "Template '<name>' is Running", 'All pods of a template are available.'),
  warning('TemplateFailed', "Template '<name>' is Failed: <why>", 'They were not within `progressDeadlineSeconds`.'),
  warning('TemplateError', "Template '<name>' is Error: <why>", 'The API server refused its ReplicaSet or its Service.'),
  normal('ExperimentRunning', 'Experiment is Running', 'All pods are available; duration and analyses begin.'),
  normal('AnalysisRunRunning', run('Running'), 'A run has begun.'),
  normal('AnalysisRunSuccessful', run('Successful'), 'A run ended well, or was ended.'),
  warning('AnalysisRunFailed', run('Failed: <why>'), 'A run failed; the experiment ends.'),
  warning('AnalysisRunError', run('Error: <why>'), 'A run could not measure; the experiment ends.'),
  normal('AnalysisRunInconclusive', run('Inconclusive<why>'), 'A run could not decide.'),
  normal('TemplateSuccessful', "Template '<name>' is Successful", 'Its pods have served their purpose.'),
  normal('ExperimentSuccessful', 'Experiment is Successful<why>', 'It ended well.'),
  normal('ExperimentInconclusive', 'Experiment is Inconclusive: <why>', 'It ended, and a run could not decide.'),
  warning('ExperimentFailed', 'Experiment is Failed: <why>', 'A run or a template failed.'),
  warning('ExperimentError', 'Experiment is Error: <why>', 'A run could not measure, or the API server refused something.'),
];

export interface ExperimentConditionForm {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly form: string;
  readonly when: string;
}

const form = (type: string, status: string, reason: string, words: string, when: string): ExperimentConditionForm => ({
  type,
  status,
  reason,
  form: words,
  when,
});

/** In the order in which they are written. */
export const experimentConditions: readonly ExperimentConditionForm[] = [
  form('Progressing', 'True', 'ReplicaSetUpdated', messages.progressing('<name>'), 'Pods are to come.'),
  form('Progressing', 'True', 'NewReplicaSetAvailable', messages.available('<name>'), 'All were available.'),
  form('Progressing', 'False', 'ProgressDeadlineExceeded', messages.timedOut('<name>'), 'They were not in time.'),
  form('Running', 'True', 'ExperimentRunning', messages.running('<name>'), 'It is being measured.'),
  form('Running', 'False', 'ExperimentRunning', messages.notRunning('<name>'), 'Not yet, or no longer.'),
  form('Completed', 'True', 'ExperimentCompleted', messages.completed('<name>'), 'It has ended, however that was.'),
  form('Completed', 'False', 'ExperimentCompleted', messages.notCompleted('<name>'), 'It has not.'),
  form('ReplicaFailure', 'True', '<reason>', '<what the ReplicaSet says>', 'Pods cannot be created. Absent otherwise.'),
  form(
    'InvalidSpec',
    'True',
    'InvalidSpec',
    messages.invalidSpec('<name>', '<problems>'),
    'Something keeps the Experiment from being obeyed, in its spec or in what it refers to. Absent otherwise.',
  ),
];
