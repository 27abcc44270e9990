/** What can be wrong with a condition: always said with the place in its text, and with what to write instead. Nothing else leaves this folder as an error. */

export type ConditionErrorCode =
  /** The text is not an expression. */
  | 'syntax'
  /** The expression does not fit the types of its values. */
  | 'type'
  /** The expression fits, but not with this value (an index past the end, a date that is none). */
  | 'evaluation'
  /** The expression is larger, or does more, than is allowed. */
  | 'limit';

export class ConditionError extends Error {
  readonly code: ConditionErrorCode;
  /** Offset in UTF-16 units from the start of the condition's text. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;

  constructor(code: ConditionErrorCode, problem: string, text: string, offset: number) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - (before.lastIndexOf('\n') + 1) + 1;
    super(`${problem} (${line}:${column})`);
    this.name = 'ConditionError';
    this.code = code;
    this.offset = offset;
    this.line = line;
    this.column = column;
  }
}

/** Thrown inside this folder, where the text is not at hand; turned into a ConditionError at its door. */
export class Failure extends Error {
  readonly code: ConditionErrorCode;
  readonly at: number;

  constructor(code: ConditionErrorCode, message: string, at: number) {
    super(message);
    this.code = code;
    this.at = at;
  }
}
