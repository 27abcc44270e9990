/** How problems are told in the condition InvalidSpec, and wherever else a status says what is wrong: a few of them, each cut where it gets long. */
import type { Problem } from '../problem.ts';
import { conditionMessages } from '../reasons.ts';

/** A status is no place for a thousand problems of one mistake repeated, nor for the whole of a value that does not belong there. */
const TOLD_AT_MOST = 10;
const LONGEST = 1000;

/** `The Rollout "shop" is invalid: spec.selector: is required ...; spec.template: ...`. */
export function invalidSpecMessage(rollout: string, problems: readonly Problem[]): string {
  return conditionMessages.invalidSpec(rollout, toldProblems(problems));
}

export function toldProblems(problems: readonly Problem[]): string {
  return toldTogether(problems.map(problemText));
}

/** Sentences in a row, as many and as much of them as a status has room for. */
export function toldTogether(sentences: readonly string[]): string {
  const told = sentences.slice(0, TOLD_AT_MOST).map((text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text));
  if (sentences.length > TOLD_AT_MOST) told.push(`and ${sentences.length - TOLD_AT_MOST} more`);
  return told.join('; ');
}

export function problemText({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}
