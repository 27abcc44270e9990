/** The page docs/reference/events.md: events and conditions with their words. */
import { phaseMessages } from '../../src/api/reasons.ts';
import { analysisRunEvents, type EventForm, reservedReasons, rolloutConditions, rolloutEvents } from './announcement-forms.ts';
import { experimentConditions, experimentEvents } from './experiment-forms.ts';
import { code, codes, table } from './markdown.ts';

export function eventsReference(): string {
  const events = (forms: readonly EventForm[]) =>
    table(
      ['reason', 'type', 'message', 'when'],
      forms.map(({ reason, type, form, when }) => [code(reason), type, code(form), when]),
    );
  return `# Events and conditions

Generated from tools/reference by \`npm run generate\`; do not edit. \`<...>\` stands for what differs.

Events are core/v1 Events, in the order of what they tell. The name of one is made from what it says, so the same thing is told once, also after a
crash, and names sort as the story goes, so \`kubectl describe\` and \`kubectl get events\` show those of one second in their order. Clients may match
on reasons and on the words outside of \`<...>\`.

## Events on a Rollout

${events(rolloutEvents)}

The API has these as well, and this version has no occasion for them: ${codes(reservedReasons)}.

## Events on an AnalysisRun

${events(analysisRunEvents)}

## Events on an Experiment

${events(experimentEvents)}

## Conditions of an Experiment

They carry no \`observedGeneration\`: an Experiment has no status subresource, so every write of its status is a new generation.

${table(
  ['type', 'status', 'reason', 'message', 'when'],
  experimentConditions.map(({ type, status, reason, form, when }) => [code(type), status, code(reason), code(form), when]),
)}

## Conditions of a Rollout

All are computed anew at each look. \`lastUpdateTime\` is that of the last news, \`lastTransitionTime\` that of the last change of status, and
\`observedGeneration\` the generation that the condition speaks of.

${table(
  ['type', 'status', 'reason', 'message', 'when'],
  rolloutConditions.map(({ type, status, reason, form, when }) => [code(type), status, code(reason), code(form), when]),
)}

## Phase and message

\`status.phase\` and \`status.message\` are one word and one sentence: the first of these that fits.

${table(
  ['phase', 'message', 'when'],
  [
    ['Degraded', code('InvalidSpec: <message of the condition>'), 'The condition InvalidSpec is there.'],
    [
      'Degraded',
      code('RolloutAborted: <message of the condition>'),
      'The update was aborted. While a gateway has not confirmed it, the message says so.',
    ],
    ['Degraded', code('ProgressDeadlineExceeded: <message of the condition>'), 'Nothing moves any more.'],
    ['Paused', code(phaseMessages.manuallyPaused), '`spec.paused` is true.'],
    ['Paused', codes(['CanaryPauseStep', 'InconclusiveAnalysisRun', 'InconclusiveExperiment']), 'The controller waits.'],
    [
      'Progressing',
      code(phaseMessages.moreReplicas),
      'Not all pods are of the new version. What a gateway has not confirmed follows behind a colon.',
    ],
    ['Progressing', code(phaseMessages.becomingAvailable), 'Not all pods of the new version are available.'],
    ['Progressing', code(phaseMessages.oldReplicas), 'Pods of other versions are still there (without traffic routing).'],
    [
      'Progressing',
      code(phaseMessages.steps),
      'All pods are there, and steps are left. What a gateway has not confirmed follows behind a colon.',
    ],
    ['Healthy', '', 'Nothing is left to do.'],
  ],
)}
`;
}
