/**
 * What becomes of an object that does not fit its schema: every field that fits is kept, one that does not is left out (or, where the
 * type needs it, gets its zero value as Go would give it) and named in a problem. Positions in lists stay what they are. Status and
 * pod templates are mended without a word: the first is the controller's to write anew, of the second the pods speak for themselves.
 */
import * as z from 'zod';
import type { Problem } from './problem.ts';

type Path = readonly (string | number)[];
type Report = (path: Path, message: string) => void;
type Fields = Readonly<Record<string, unknown>>;

const MISFIT = Symbol('misfit');
const ZERO_TIME = '0001-01-01T00:00:00Z';
const GOT_LIMIT = 60;

const silent: Report = () => undefined;

/** The nearest object that fits `schema`, with what is wrong with `value`; never throws. */
export function mend<T>(schema: z.ZodType<T>, value: unknown): { readonly value: T; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report: Report = (path, message) => problems.push({ path: pathText(path), message });
  const mended = mendValue(schema, value, [], report);
  return { value: (mended === MISFIT ? zero(schema) : mended) as T, problems };
}

/** `spec.strategy.canary.steps[2].setWeight`; keys that are no plain words stand in brackets and quotes. */
export function pathText(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[A-Za-z_][\w-]*$/.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

function mendValue(schema: z.core.$ZodType, value: unknown, path: Path, report: Report): unknown {
  if (schema instanceof z.ZodOptional) return mendOptional(schema, value, path, report);
  if (schema instanceof z.ZodObject) return mendObject(schema, value, path, report);
  if (schema instanceof z.ZodArray) return mendArray(schema, value, path, report);
  if (schema instanceof z.ZodRecord) return mendRecord(schema, value, path, report);
  return z.safeParse(schema, value).success ? value : misfit(schema, value, path, report);
}

function mendOptional(schema: z.ZodOptional, value: unknown, path: Path, report: Report): unknown {
  const inner = schema.unwrap();
  if (value === undefined || value === null || (value === '' && inner instanceof z.ZodEnum)) return undefined;
  const fitted = mendValue(inner, value, path, report);
  return fitted === MISFIT ? undefined : fitted;
}

function mendObject(schema: z.ZodObject, value: unknown, path: Path, report: Report): unknown {
  if (!isFields(value)) return misfit(schema, value, path, report);
  const inside = z.globalRegistry.get(schema)?.podTemplate === true ? silent : report;
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const child = Object.hasOwn(value, key) ? value[key] : undefined;
    const fitted = mendValue(field, child, [...path, key], path.length === 0 && key === 'status' ? silent : inside);
    if (fitted === MISFIT) result[key] = zero(field);
    else if (fitted !== undefined) result[key] = fitted;
  }
  return result;
}

function mendArray(schema: z.ZodArray, value: unknown, path: Path, report: Report): unknown {
  if (!Array.isArray(value)) return misfit(schema, value, path, report);
  return value.map((item, index) => {
    const fitted = mendValue(schema.element, item, [...path, index], report);
    return fitted === MISFIT ? zero(schema.element) : fitted;
  });
}

function mendRecord(schema: z.ZodRecord, value: unknown, path: Path, report: Report): unknown {
  if (!isFields(value)) return misfit(schema, value, path, report);
  const entries = Object.entries(value).map(
    ([key, item]) => [key, mendValue(schema.valueType, item, [...path, key], report)] as const,
  );
  return Object.fromEntries(entries.filter(([, item]) => item !== MISFIT));
}

function misfit(schema: z.core.$ZodType, value: unknown, path: Path, report: Report): typeof MISFIT {
  if (value === undefined || value === null) report(path, 'is required');
  else report(path, `must be ${expected(schema)}, got ${got(value)}`);
  return MISFIT;
}

/** What Go would have there: the value of a field that was never set. */
function zero(schema: z.core.$ZodType): unknown {
  if (schema instanceof z.ZodOptional) return undefined;
  if (schema instanceof z.ZodObject) {
    const result: Record<string, unknown> = {};
    for (const [key, field] of Object.entries(schema.shape)) {
      const value = zero(field);
      if (value !== undefined) result[key] = value;
    }
    return result;
  }
  if (schema instanceof z.ZodArray) return [];
  if (schema instanceof z.ZodRecord) return {};
  if (schema instanceof z.ZodNumber) return 0;
  if (schema instanceof z.ZodBoolean) return false;
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodISODateTime) return ZERO_TIME;
  if (schema instanceof z.ZodCustom) return { name: '' };
  return '';
}

function expected(schema: z.core.$ZodType): string {
  const meta = z.globalRegistry.get(schema);
  if (typeof meta?.expects === 'string') return meta.expects;
  if (schema instanceof z.ZodISODateTime) return 'a time such as 2026-01-31T12:00:00Z';
  if (schema instanceof z.ZodNumber) return wholeNumber(meta);
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodEnum) return orList(schema.options.map(String));
  if (schema instanceof z.ZodUnion) return 'a whole number or text';
  if (schema instanceof z.ZodArray) return 'a list';
  if (schema instanceof z.ZodRecord) return 'a map';
  if (schema instanceof z.ZodString) return 'text';
  return 'an object';
}

function wholeNumber(limits: Fields | undefined): string {
  const { minimum, maximum } = limits ?? {};
  if (minimum !== undefined && maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `a whole number of at least ${minimum}`;
  return 'a whole number';
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

function got(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > GOT_LIMIT ? `${text.slice(0, GOT_LIMIT)}...` : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
