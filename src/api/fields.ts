/**
 * The vocabulary that every schema of this API is written in: one builder for each kind of field that Kubernetes knows. What a builder
 * makes is type, validation and CRD at once; a description is what `kubectl explain` shows. Absent is always allowed unless a builder
 * says `required`. Limits are told to the API server and to people; rules that need more than one field live in validation/.
 */
import * as z from 'zod';

/** The same shape with nothing to assign to: what the rest of the program sees of a parsed object. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** What a field tells the CRD beside its type. */
export interface Limits {
  readonly minimum?: number;
  readonly maximum?: number;
  /** What text must look like, where a field is a number or text: a pattern that the API server checks. */
  readonly pattern?: string;
  /** How a mistake is told, where the limits do not say it all: `must be <expects>`. */
  readonly expects?: string;
}

export const requiredText = (description: string) => z.string().describe(description);
export const text = (description: string) => requiredText(description).optional();

export const flag = (description: string) => z.boolean().describe(description).optional();

export const requiredInt = (description: string, limits: Limits = {}) => z.int32().meta({ description, ...limits });
export const int = (description: string, limits: Limits = {}) => requiredInt(description, limits).optional();
export const int64 = (description: string, limits: Limits = {}) =>
  z
    .int()
    .meta({ description, format: 'int64', ...limits })
    .optional();

/** A number, or text: a percentage, or a `{{args.x}}` that becomes a number. */
export const intOrString = (description: string, limits: Limits = {}) =>
  z
    .union([z.int32(), z.string()])
    .meta({ description, ...limits })
    .optional();

/** A Go duration such as `1h30m`, or an argument that becomes one. */
export const duration = (description: string) => z.string().describe(description).optional();

/** RFC 3339, for instance `2026-01-31T12:00:00Z`. */
export const requiredTime = (description: string) => z.iso.datetime({ offset: true }).describe(description);
export const time = (description: string) => requiredTime(description).optional();

/** One of these words; the CRD names them in its enum. */
export const requiredWord = <const Words extends readonly [string, ...string[]]>(words: Words, description: string) =>
  z.enum(words).describe(description);
export const word = <const Words extends readonly [string, ...string[]]>(words: Words, description: string) =>
  requiredWord(words, description).optional();

export const requiredStringMap = (description: string) => z.record(z.string(), z.string()).describe(description);
export const stringMap = (description: string) => requiredStringMap(description).optional();
export const strings = (description: string) => z.array(z.string()).describe(description).optional();

/** What bounds the cost of rules inside a list. */
export interface ListLimits {
  readonly maxItems?: number;
}

/** A rule of the API server's expression language (CEL) over `self`; `message` is what people see who break it. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** The same schema with rules that the API server checks when an object is written. */
export const withRules = <Shape extends z.ZodType>(shape: Shape, rules: readonly Rule[]) => shape.meta({ rules });

export const requiredList = <Item extends z.ZodType>(item: Item, description: string, limits: ListLimits = {}) =>
  z.array(item).meta({ description, ...limits });
export const list = <Item extends z.ZodType>(item: Item, description: string, limits: ListLimits = {}) =>
  requiredList(item, description)
    .meta({ ...limits })
    .optional();

/** A map with keys of the user's choice. */
export const mapOf = <Value extends z.ZodType>(value: Value, description: string) =>
  z.record(z.string(), value).describe(description).optional();

/** An object, described for the place where it stands. */
export const requiredObject = <Shape extends z.ZodType>(shape: Shape, description: string) => shape.describe(description);
export const object = <Shape extends z.ZodType>(shape: Shape, description: string) => requiredObject(shape, description).optional();

/** Any JSON; kept as it is and not interpreted here. */
export const rawJson = (description: string) => z.unknown().meta({ description, raw: true }).optional();
/** A JSON object that is kept as it is. */
export const rawObject = (description: string) => z.record(z.string(), z.unknown()).meta({ description, raw: true }).optional();
