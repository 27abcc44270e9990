/**
 * Order of resourceVersions. Since Kubernetes 1.35 they are documented to compare as whole numbers within one resource; they are
 * compared as text here, since they may exceed what a number holds exactly.
 */

const wholeNumber = /^(0|[1-9][0-9]*)$/;

/**
 * Negative when `a` is older, 0 when equal, positive when newer. A server older than 1.35 may write something else than a whole
 * number: then only equality is known, and anything different counts as newer, so that what arrives later wins.
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a === b) return 0;
  if (!wholeNumber.test(a) || !wholeNumber.test(b)) return 1;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** True when `a` is known to be older than `b`. Nothing is older than what is undefined. */
export function isOlder(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && compareResourceVersions(a, b) < 0;
}
