/** About how many instructions RE2 makes of a pattern, told before it is compiled: what is repeated by number counts as often. */

/** Quoted text, classes of characters, escapes, repetitions by number, single characters. */
const TOKEN =
  /\\Q[\s\S]*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[\s\S]/gu;
/** More is refused by RE2 itself. */
const MAX_REPEAT = 1000;

export function patternSize(pattern: string): number {
  /** What stands before each open group. */
  const before: number[] = [];
  let size = 0;
  /** What a repetition would repeat: the last character, class or group. */
  let last = 0;
  for (const [token, least, most] of pattern.matchAll(TOKEN)) {
    if (least !== undefined) {
      const times = Math.max(Number(least), Number(most ?? 0));
      last *= Math.max(1, Math.min(MAX_REPEAT, times)) * (most === undefined ? 1 : 2);
    } else if (token === '(') {
      before.push(size + last);
      size = 0;
      last = 0;
    } else if (token === ')') {
      last += size + 2;
      size = before.pop() ?? 0;
    } else {
      size += last;
      last = token.startsWith('\\Q') ? token.length : 1;
    }
  }
  return before.reduce((sum, outer) => sum + outer, size + last);
}
