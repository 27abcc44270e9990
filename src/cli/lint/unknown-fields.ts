/**
 * Fields that the API does not have, mostly misspelled ones. The API server drops them without a word where it does not validate strictly,
 * and the Rollout then does something else than what is written. What the schema lets through unseen is not judged.
 */

import { pathText } from '../../api/mend.ts';
import type { Problem } from '../../api/problem.ts';
import { isFields } from './documents.ts';

/** `decoded`: what the schema made of it. `known`: problems already told, whose fields are not told again. */
export function unknownFields(
  written: unknown,
  decoded: unknown,
  path: readonly (string | number)[],
  known: readonly Problem[],
): readonly Problem[] {
  if (Array.isArray(written)) {
    if (!Array.isArray(decoded)) return [];
    return written.flatMap((item: unknown, index) => unknownFields(item, decoded[index], [...path, index], known));
  }
  if (!isFields(written) || !isFields(decoded)) return [];
  return Object.entries(written).flatMap(([key, value]) => {
    const at = [...path, key];
    if (key in decoded) return unknownFields(value, decoded[key], at, known);
    const where = pathText(at);
    // A field without a value says nothing.
    if (value === null || known.some((problem) => problem.path.startsWith(where))) return [];
    return [{ path: where, message: 'is no field of the API: it would be dropped; look at its spelling and where it stands' }];
  });
}
