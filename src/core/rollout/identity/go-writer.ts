/**
 * Writes a value as Go writes the typed struct that it was decoded into: fields in declaration order, empty ones left out where the
 * struct says so, unknown ones dropped, and what has the wrong type replaced by the type's zero value. Never throws.
 */
import { goString, goValue, sortedKeys } from './go-json.ts';
import { canonicalQuantity } from './quantity.ts';

export interface Writer {
  /** The JSON text; undefined where the value is absent or of the wrong type. */
  write(value: unknown): string | undefined;
  /**
   * The value with what cannot be read taken out of it, at any depth; fields that the type does not know are kept. The value itself
   * where there is nothing to take out; undefined where it cannot be read at all.
   */
  repair(value: unknown): unknown;
  /** What Go writes for the type's zero value. */
  readonly zero: string;
  /** The text that `omitempty` leaves out, or undefined for types that are never empty. */
  readonly empty: string | undefined;
  /** Whether a map drops the entry, rather than keep a zero, when its value cannot be read. */
  readonly drops?: true;
}

/** A JSON object before it is written. */
export type Fields = Readonly<Record<string, unknown>>;

export interface WriterOptions {
  /** struct -> what happens to an object of that type before it is written, for instance defaults filled in. Must not change its argument. */
  readonly complete?: Readonly<Record<string, (fields: Fields) => Fields>>;
  /** type without fields -> a writer other than Go's. */
  readonly plain?: Readonly<Record<string, Writer>>;
}

/**
 * The writer of struct `root`. `table`: struct -> fields in the notation of pod-template-fields.generated.ts; throws on a notation that
 * it does not know.
 */
export function compileWriter(table: Readonly<Record<string, string>>, root: string, options: WriterOptions = {}): Writer {
  const structs = new Map<string, Writer>();
  const typed = (type: string): Writer => {
    if (type.startsWith('*')) return pointer(typed(type.slice(1)));
    if (type.startsWith('[]')) return list(typed(type.slice(2)));
    if (type.startsWith('{}')) return map(typed(type.slice(2)));
    const known = options.plain?.[type] ?? plainWriters[type] ?? structs.get(type);
    if (known !== undefined) return known;
    const notation = table[type];
    if (notation === undefined) throw new Error(`no fields are known for the type ${type}`);
    const fields: Field[] = [];
    const writer = struct(fields, options.complete?.[type]);
    structs.set(type, writer);
    for (const field of notation.split(' ')) fields.push(parseField(field, typed));
    return writer;
  };
  return typed(root);
}

interface Field {
  readonly name: string;
  /** `"name":` */
  readonly label: string;
  readonly always: boolean;
  readonly writer: Writer;
}

function parseField(notation: string, typed: (type: string) => Writer): Field {
  const match = /^([A-Za-z0-9]+)([!~]?):(.+)$/.exec(notation);
  const [, name = '', flag, type = ''] = match ?? [];
  if (name === '') throw new Error(`not a field: ${notation}`);
  const writer = typed(type);
  return { name, label: `"${name}":`, always: flag === '!', writer: flag === '~' ? { ...writer, empty: writer.zero } : writer };
}

/** A struct is never empty: even `omitempty` writes it. Its zero is what it writes for an object without fields. */
function struct(fields: readonly Field[], complete: ((fields: Fields) => Fields) | undefined): Writer {
  const write = (object: unknown): string | undefined => {
    if (!isFields(object)) return undefined;
    const given = complete === undefined ? object : complete(object);
    let text = '{';
    for (const { name, label, always, writer } of fields) {
      const value = given[name];
      if (value === undefined && !always && writer.empty !== undefined) continue;
      const written = writer.write(value) ?? (always || writer.empty === undefined ? writer.zero : undefined);
      if (written === undefined || (!always && written === writer.empty)) continue;
      text += text === '{' ? label + written : `,${label}${written}`;
    }
    return `${text}}`;
  };
  const repair = (value: unknown): unknown => {
    if (!isFields(value)) return undefined;
    const repaired: Record<string, unknown> = { ...value };
    for (const { name, writer } of fields) {
      if (value[name] === undefined || value[name] === null) continue;
      repaired[name] = writer.repair(value[name]);
      if (repaired[name] === undefined) delete repaired[name];
    }
    return sameOr(value, repaired);
  };
  return {
    write,
    repair,
    get zero() {
      return write({}) ?? '{}';
    },
    empty: undefined,
  };
}

function pointer(target: Writer): Writer {
  return { write: (value) => target.write(value), repair: (value) => target.repair(value), zero: 'null', empty: 'null' };
}

function list(element: Writer): Writer {
  const write = (value: unknown) =>
    Array.isArray(value) ? `[${value.map((item) => element.write(item) ?? element.zero).join(',')}]` : undefined;
  const repair = (value: unknown): unknown =>
    Array.isArray(value)
      ? sameOr(
          value,
          value.map((item) => element.repair(item)).filter((item) => item !== undefined),
        )
      : undefined;
  return { write, repair, zero: 'null', empty: '[]' };
}

function map(element: Writer): Writer {
  const write = (value: unknown): string | undefined => {
    if (!isFields(value)) return undefined;
    let text = '{';
    for (const key of sortedKeys(value)) {
      const entry = value[key];
      const written = element.write(entry) ?? (element.drops && entry !== null ? undefined : element.zero);
      if (written !== undefined) text += `${text === '{' ? '' : ','}${goString(key)}:${written}`;
    }
    return `${text}}`;
  };
  const repair = (value: unknown): unknown => {
    if (!isFields(value)) return undefined;
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, element.repair(item)]);
    return sameOr(value, Object.fromEntries(entries.filter(([, item]) => item !== undefined)));
  };
  return { write, repair, zero: 'null', empty: '{}' };
}

/** The old object where the new one holds the same, so that nothing is copied for nothing. */
function sameOr(old: object, repaired: object): object {
  const before = Object.entries(old);
  const after: Readonly<Record<string, unknown>> = { ...repaired };
  return before.length === Object.keys(repaired).length && before.every(([key, item]) => after[key] === item) ? old : repaired;
}

/** A type that can be read wholly or not at all. */
function scalar(write: (value: unknown) => string | undefined, zero: string, empty: string | undefined): Writer {
  return { write, repair: (value) => (write(value) === undefined ? undefined : value), zero, empty };
}

function integer(least: number, most: number): Writer {
  const fits = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return scalar((value) => (fits(value) ? String(value) : undefined), '0', '0');
}

const writeText = (value: unknown) => (typeof value === 'string' ? goString(value) : undefined);
const writeBoolean = (value: unknown) => (typeof value === 'boolean' ? String(value) : undefined);
const int32 = integer(-(2 ** 31), 2 ** 31 - 1);

/** Quantities, which `text` writes without their quotes; a map drops one that cannot be read. */
export function quantityWriter(text: (value: unknown) => string | undefined): Writer {
  const write = (value: unknown) => {
    const written = text(value);
    return written === undefined ? undefined : `"${written}"`;
  };
  return { ...scalar(write, '"0"', undefined), drops: true };
}

const plainWriters: Readonly<Record<string, Writer>> = {
  string: scalar(writeText, '""', '""'),
  bytes: scalar(writeText, 'null', '""'),
  bool: scalar(writeBoolean, 'false', 'false'),
  int32,
  int64: integer(-(2 ** 63), 2 ** 63 - 1),
  '@IntOrString': scalar((value) => writeText(value) ?? int32.write(value), '0', undefined),
  '@Quantity': quantityWriter(canonicalQuantity),
  '@Time': scalar(goTime, 'null', undefined),
  '@FieldsV1': scalar((value) => (isFields(value) ? goValue(value) : undefined), 'null', undefined),
  /** JSON that the struct keeps as it came. */
  '@raw': scalar((value) => (value === undefined ? undefined : goValue(value)), 'null', 'null'),
};

/** metav1.Time: UTC in whole seconds. */
function goTime(value: unknown): string | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : `"${new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')}"`;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
