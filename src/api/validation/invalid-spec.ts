/** How problems are told in the condition InvalidSpec. */
import type { Problem } from '../problem.ts';
import { conditionMessages } from '../reasons.ts';

/** A status is no place for a thousand problems of one mistake repeated. */
const TOLD_AT_MOST = 10;

/** `The Rollout "shop" is invalid: spec.selector: is required ...; spec.template: ...`. */
export function invalidSpecMessage(rollout: string, problems: readonly Problem[]): string {
  const told = problems.slice(0, TOLD_AT_MOST).map(problemText);
  if (problems.length > TOLD_AT_MOST) told.push(`and ${problems.length - TOLD_AT_MOST} more`);
  return conditionMessages.invalidSpec(rollout, told.join('; '));
}

export function problemText({ path, message }: Problem): string {
  return path === '' ? message : `${path}: ${message}`;
}
