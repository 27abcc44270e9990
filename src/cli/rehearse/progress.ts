/** One line that says what is being played, on a terminal alone, and gone before anything else is written. */
import type { Output } from '../command.ts';
import { plainText } from './wording.ts';

export interface Progress {
  readonly say: (rollout: string, scenario: string) => void;
  readonly end: () => void;
}

const backToStart = '\r\u001b[K';

export function progressOn(errors: Output): Progress {
  if (!errors.isTerminal) return { say: () => undefined, end: () => undefined };
  return {
    say: (rollout, scenario) => {
      const text = `Playing ${plainText(rollout)}: ${plainText(scenario)}`;
      // A line that wraps could not be taken back.
      errors.write(`${backToStart}${text.slice(0, Math.max(10, errors.columns - 1))}`);
    },
    end: () => errors.write(backToStart),
  };
}
