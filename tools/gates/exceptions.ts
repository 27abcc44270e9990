/** security/exceptions.yaml: what is accepted for now. An entry that has ended, or that no gate knows, is itself a finding. */
import { parse } from 'yaml';
import { z } from 'zod';

const exception = z.strictObject({
  gate: z.string(),
  /** As the tool names it. */
  rule: z.string().min(1),
  /** Beginning of a path in the checkout; everywhere if absent. */
  where: z.string().optional(),
  reason: z.string().min(20, 'is too short to convince anybody'),
  /** YYYY-MM-DD; the first day on which it no longer holds. */
  until: z.iso.date(),
});

const file = z.strictObject({ exceptions: z.array(exception) });

export type Exception = z.infer<typeof exception>;

/** An exception may be renewed, but not for longer than this at a time. */
const longestMs = 366 * 24 * 60 * 60 * 1000;

/** Throws with a sentence for each entry that is malformed. */
export function readExceptions(text: string): readonly Exception[] {
  const { success, data, error } = file.safeParse(parse(text));
  if (success) return data.exceptions;
  throw new Error(error.issues.map(({ path, message }) => `security/exceptions.yaml: ${path.join('.')}: ${message}`).join('\n'));
}

/** Sentences; empty when every exception may be used. `gates`: the names that there are. */
export function exceptionProblems(exceptions: readonly Exception[], gates: readonly string[], nowMs: number): readonly string[] {
  return exceptions.flatMap(({ gate, rule, until }) => {
    const which = `the exception from ${rule} of gate ${gate}`;
    const endsMs = Date.parse(until);
    if (!gates.includes(gate)) return [`${which}: there is no such gate`];
    if (endsMs <= nowMs) return [`${which} ended on ${until}: mend what it accepts, or look again and say for how long`];
    return endsMs - nowMs > longestMs ? [`${which} lasts until ${until}, more than a year: choose a nearer day`] : [];
  });
}
