/** Every built-in without a predicate, by name. The tables are looked into by own property only, so no name reaches a prototype. */
import type { Builtin } from './builtin.ts';
import { COLLECTION_BUILTINS } from './collections.ts';
import { CONVERSION_BUILTINS } from './conversions.ts';
import { NUMBER_BUILTINS } from './numbers.ts';
import { STRING_BUILTINS } from './strings.ts';
import { TIME_BUILTINS } from './times.ts';

const BUILTINS: ReadonlyMap<string, Builtin> = new Map(
  [STRING_BUILTINS, NUMBER_BUILTINS, COLLECTION_BUILTINS, CONVERSION_BUILTINS, TIME_BUILTINS].flatMap((table) =>
    Object.entries(table),
  ),
);

export function builtinOf(name: string): Builtin | undefined {
  return BUILTINS.get(name);
}
