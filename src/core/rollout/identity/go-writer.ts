/**
 * Writes a value as Go writes the typed struct that it was decoded into: fields in declaration order, empty ones left out where the
 * struct says so, unknown ones dropped, and what has the wrong type replaced by the type's zero value. Never throws.
 */
import { goString, goValue, sortedKeys } from './go-json.ts';
import { canonicalQuantity } from './quantity.ts';

export interface Writer {
  /** The JSON text; undefined where the value is absent or of the wrong type. */
  write(value: unknown): string | undefined;
  /** What Go writes for the type's zero value. */
  readonly zero: string;
  /** The text that `omitempty` leaves out, or undefined for types that are never empty. */
  readonly empty: string | undefined;
  /** Whether a map drops the entry, rather than keep a zero, when its value cannot be read. */
  readonly drops?: true;
}

/** struct -> field -> the value that the incumbent's CRD fills in where a manifest leaves the field out. */
export type FilledIn = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * The writer of struct `root`. `table`: struct -> fields in the notation of pod-template-fields.generated.ts; throws on a notation that
 * it does not know.
 */
export function compileWriter(table: Readonly<Record<string, string>>, root: string, filledIn: FilledIn = {}): Writer {
  const structs = new Map<string, Writer>();
  const typed = (type: string): Writer => {
    if (type.startsWith('*')) return pointer(typed(type.slice(1)));
    if (type.startsWith('[]')) return list(typed(type.slice(2)));
    if (type.startsWith('{}')) return map(typed(type.slice(2)));
    const plain = plainWriters[type];
    if (plain !== undefined) return plain;
    const known = structs.get(type);
    if (known !== undefined) return known;
    const notation = table[type];
    if (notation === undefined) throw new Error(`no fields are known for the type ${type}`);
    const fields: Field[] = [];
    const writer = struct(fields, filledIn[type]);
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
function struct(fields: readonly Field[], defaults: Readonly<Record<string, unknown>> | undefined): Writer {
  const write = (value: unknown): string | undefined => {
    if (!isObject(value)) return undefined;
    let text = '{';
    for (const { name, label, always, writer } of fields) {
      const written =
        writer.write(value[name] ?? defaults?.[name]) ?? (always || writer.empty === undefined ? writer.zero : undefined);
      if (written === undefined || (!always && written === writer.empty)) continue;
      text += text === '{' ? label + written : `,${label}${written}`;
    }
    return `${text}}`;
  };
  return {
    write,
    get zero() {
      return write({}) ?? '{}';
    },
    empty: undefined,
  };
}

function pointer(target: Writer): Writer {
  return { write: (value) => target.write(value), zero: 'null', empty: 'null' };
}

function list(element: Writer): Writer {
  const write = (value: unknown) =>
    Array.isArray(value) ? `[${value.map((item) => element.write(item) ?? element.zero).join(',')}]` : undefined;
  return { write, zero: 'null', empty: '[]' };
}

function map(element: Writer): Writer {
  const write = (value: unknown): string | undefined => {
    if (!isObject(value)) return undefined;
    let text = '{';
    for (const key of sortedKeys(value)) {
      const entry = value[key];
      const written = element.write(entry) ?? (element.drops && entry !== null ? undefined : element.zero);
      if (written !== undefined) text += `${text === '{' ? '' : ','}${goString(key)}:${written}`;
    }
    return `${text}}`;
  };
  return { write, zero: 'null', empty: '{}' };
}

function integer(least: number, most: number): Writer {
  const fits = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= least && Number(value) <= most;
  return { write: (value) => (fits(value) ? String(value) : undefined), zero: '0', empty: '0' };
}

const int32 = integer(-(2 ** 31), 2 ** 31 - 1);
const text: Writer = { write: (value) => (typeof value === 'string' ? goString(value) : undefined), zero: '""', empty: '""' };

const plainWriters: Readonly<Record<string, Writer>> = {
  string: text,
  bytes: { ...text, zero: 'null' },
  bool: { write: (value) => (typeof value === 'boolean' ? String(value) : undefined), zero: 'false', empty: 'false' },
  int32,
  int64: integer(-(2 ** 63), 2 ** 63 - 1),
  '@IntOrString': {
    write: (value) => (typeof value === 'string' ? goString(value) : int32.write(value)),
    zero: '0',
    empty: undefined,
  },
  '@Quantity': {
    write: (value) => {
      const canonical = canonicalQuantity(value);
      return canonical === undefined ? undefined : `"${canonical}"`;
    },
    zero: '"0"',
    empty: undefined,
    drops: true,
  },
  '@Time': { write: goTime, zero: 'null', empty: undefined },
  '@FieldsV1': { write: (value) => (isObject(value) ? goValue(value) : undefined), zero: 'null', empty: undefined },
  /** JSON that the struct keeps as it came. */
  '@raw': { write: (value) => (value === undefined ? undefined : goValue(value)), zero: 'null', empty: 'null' },
};

/** metav1.Time: UTC in whole seconds. */
function goTime(value: unknown): string | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : `"${new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')}"`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
