/** Rules about blue-green, where all users change at once, and about updates that nothing ends. */
import { annotations, onFailureUndo } from '../../api/names.ts';
import { duration, type Rule } from './rule.ts';
import { rolloutField } from './subject.ts';

export const promotesUnmeasured: Rule = (subject) => {
  const blueGreen = subject.rollout.spec.strategy?.blueGreen;
  if (
    blueGreen === undefined ||
    subject.analyses.length === 0 ||
    subject.analyses.some(({ place }) => place.kind === 'before promotion')
  )
    return [];
  // A person looks at it first.
  if (blueGreen.autoPromotionEnabled === false && (blueGreen.autoPromotionSeconds ?? 0) <= 0) return [];
  return [
    {
      level: 'risk',
      where: rolloutField(subject, 'spec.strategy.blueGreen.prePromotionAnalysis'),
      says: 'All users are switched to the new version by itself, before anything has asked it a question.',
      change: 'Add prePromotionAnalysis with requests to the preview Service, such as a Job or the web provider.',
    },
  ];
};

export const notMeasuredAfterwards: Rule = (subject) => {
  const blueGreen = subject.rollout.spec.strategy?.blueGreen;
  if (
    blueGreen === undefined ||
    subject.analyses.length === 0 ||
    subject.analyses.some(({ place }) => place.kind === 'after promotion')
  )
    return [];
  return [
    {
      level: 'advice',
      where: rolloutField(subject, 'spec.strategy.blueGreen.postPromotionAnalysis'),
      says: 'Nothing is measured once users are there: what shows only under their load is not taken back.',
      change: 'Add postPromotionAnalysis; a failure sends users back to the version before, whose pods are kept until then.',
    },
  ];
};

/** Longer than anybody waits to hear that pods do not start. */
const longDeadlineSeconds = 3600;

export const noDeadline: Rule = (subject) => {
  const { progressDeadlineSeconds = 600, progressDeadlineAbort, strategy } = subject.rollout.spec;
  if (strategy?.canary === undefined && strategy?.blueGreen === undefined) return [];
  if (progressDeadlineSeconds > longDeadlineSeconds) {
    return [
      {
        level: 'risk',
        where: rolloutField(subject, 'spec.progressDeadlineSeconds'),
        says: `A version whose pods do not start is told of after ${duration(progressDeadlineSeconds * 1000)} only.`,
        change:
          'Give it as long as the slowest good start takes; 600 if absent. progressDeadlineAbort: true also takes the version back.',
      },
    ];
  }
  // Whoever has the old template put back behind a failure has it taken back behind the deadline as well.
  const undoes = subject.rollout.metadata.annotations?.[annotations.onFailure] === onFailureUndo;
  if (progressDeadlineAbort === true || undoes) return [];
  return [
    {
      level: 'advice',
      where: rolloutField(subject, 'spec.progressDeadlineAbort'),
      says: `A version whose pods do not start is told of after ${duration(progressDeadlineSeconds * 1000)} (Degraded) and stays half-way until a person aborts.`,
      change: 'progressDeadlineAbort: true takes it back by itself.',
    },
  ];
};
