/**
 * The annotation on a route that says for which Rollouts it carries canary weight or added rules and what it takes to give it back without
 * them: a Rollout may be deleted while nobody is there to see it. Written by routers in the very patch that writes these.
 */
import * as z from 'zod';
import type { ObjectMeta } from './kubernetes.ts';
import { annotations } from './names.ts';

const headerSchema = z.object({ type: z.string(), name: z.string(), value: z.string() });
const ruleSchema = z.object({ name: z.string(), headers: z.array(headerSchema) });

/** A rule that was added for a header or mirror route. */
export interface MarkedRule {
  readonly name: string;
  /** What each of its matches asks for because of that route: clusters with an older Gateway API keep no names of rules. */
  readonly headers: readonly { readonly type?: string; readonly name: string; readonly value: string }[];
}

const markSchema = z.object({
  stable: z.string().min(1),
  canary: z.string().min(1),
  /** What stable carries when it carries everything. */
  maxWeight: z.int().min(1),
  /** Key of the label that the route wears meanwhile. */
  label: z.string().min(1).optional(),
  rules: z.array(ruleSchema).optional(),
  annotations: z.array(z.string()).optional(),
  added: z.array(z.string().min(1)).optional(),
});

/** What one Rollout has to do with a route: its two Services, which are in its own namespace, and what else it wrote. */
export interface RouteMark {
  readonly stable: string;
  readonly canary: string;
  readonly maxWeight: number;
  readonly label?: string | undefined;
  /** Rules that were added; undefined where none were. */
  readonly rules?: readonly MarkedRule[] | undefined;
  /** Keys of annotations that were put on; undefined where none were. */
  readonly annotations?: readonly string[] | undefined;
  /** Services of experiments that were added as backends; undefined where none were. */
  readonly added?: readonly string[] | undefined;
}

/** `namespace/name` of a Rollout -> its mark. What cannot be read is as if it were not there. */
export function readRouteMarks({ annotations: worn }: Pick<ObjectMeta, 'annotations'>): ReadonlyMap<string, RouteMark> {
  const text = worn?.[annotations.weightsOf];
  if (text === undefined) return noMarks;
  // Asked several times in each pass, and seldom of another text.
  const known = read.get(text);
  if (known !== undefined) return known;
  if (read.size >= mostRemembered) read.clear();
  const marks = marksIn(text);
  read.set(text, marks);
  return marks;
}

const noMarks: ReadonlyMap<string, RouteMark> = new Map();
/** text of the annotation -> what it says */
const read = new Map<string, ReadonlyMap<string, RouteMark>>();
const mostRemembered = 1000;
const marksSchema = z.record(z.string(), z.unknown());

function marksIn(text: string): ReadonlyMap<string, RouteMark> {
  const parsed = marksSchema.safeParse(parseJson(text));
  const entries = parsed.success ? Object.entries(parsed.data) : [];
  return new Map(
    entries.flatMap(([rollout, value]): [string, RouteMark][] => {
      const mark = markSchema.safeParse(value);
      return mark.success && keyForm.test(rollout) ? [[rollout, mark.data]] : [];
    }),
  );
}

/** The annotation's value, in an order that does not depend on who came first; undefined where there is nothing to say. */
export function routeMarksText(marks: ReadonlyMap<string, RouteMark>): string | undefined {
  if (marks.size === 0) return undefined;
  const sorted = [...marks].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    Object.fromEntries(
      sorted.map(([rollout, { stable, canary, maxWeight, label, rules, annotations: worn, added }]) => [
        rollout,
        { stable, canary, maxWeight, label, rules, annotations: worn, added },
      ]),
    ),
  );
}

const keyForm = /^[^/]+\/[^/]+$/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
