/**
 * What the API server makes of a custom object by its structural schema: fields that are not named are pruned, defaults filled in, and
 * what is wrong is named with its path. Rules in CEL are custom-rules.ts's.
 */
import type { StructuralSchema } from '../../api/crd/structural-schema.ts';
import { isMap, type Json } from './json.ts';

/** The value with its defaults and without what the schema does not name; the very same value where nothing had to change. */
export function shaped(schema: StructuralSchema, value: Json): Json {
  if (Array.isArray(value)) return shapedList(schema, value);
  if (!isMap(value) || schema['x-kubernetes-int-or-string'] === true) return value;
  const { properties = {}, additionalProperties } = schema;
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true;
  let result: Record<string, Json> | undefined;
  for (const [key, member] of Object.entries(value)) {
    const known = properties[key] ?? additionalProperties;
    const isDropped = known === undefined ? !keepsUnknown : member === null && known.default !== undefined;
    const next = isDropped ? undefined : known === undefined ? member : shaped(known, member);
    if (next === member) continue;
    result ??= { ...value };
    if (next === undefined) delete result[key];
    else result[key] = next;
  }
  for (const [key, property] of Object.entries(properties)) {
    if (property.default === undefined || (result ?? value)[key] !== undefined) continue;
    result ??= { ...value };
    result[key] = property.default;
  }
  return result ?? value;
}

function shapedList({ items }: StructuralSchema, value: readonly Json[]): Json {
  if (items === undefined) return value;
  const next = value.map((item) => shaped(items, item));
  return next.every((item, index) => item === value[index]) ? value : next;
}

/** Sentences as the API server writes them. */
export function schemaMistakes(schema: StructuralSchema, value: Json, path: string): readonly string[] {
  if (value === undefined) return [];
  if (schema['x-kubernetes-int-or-string'] === true) return intOrStringMistakes(schema, value, path);
  if (schema.type === undefined) return [];
  if (value === null || typeOf(value, schema.type) !== schema.type)
    return [
      `${path}: Invalid value: "${value === null ? 'null' : typeOf(value, '')}": ${path} in body must be of type ${schema.type}`,
    ];
  if (Array.isArray(value)) return listMistakes(schema, value, path);
  if (isMap(value)) return mapMistakes(schema, value, path);
  return plainMistakes(schema, value, path);
}

function typeOf(value: Json, wanted: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) && wanted !== 'number' ? 'integer' : 'number';
  return typeof value;
}

function intOrStringMistakes({ pattern }: StructuralSchema, value: Json, path: string): readonly string[] {
  if (typeof value === 'string')
    return pattern === undefined || new RegExp(pattern, 'u').test(value)
      ? []
      : [`${path}: Invalid value: "${value}": ${path} in body should match '${pattern}'`];
  return Number.isInteger(value)
    ? []
    : [`${path}: Invalid value: "${typeOf(value, '')}": ${path} in body must be of type integer,string`];
}

function listMistakes({ items, maxItems }: StructuralSchema, value: readonly Json[], path: string): readonly string[] {
  const tooMany =
    maxItems !== undefined && value.length > maxItems
      ? [`${path}: Too many: ${value.length}: must have at most ${maxItems} items`]
      : [];
  if (items === undefined) return tooMany;
  return [...tooMany, ...value.flatMap((item, index) => schemaMistakes(items, item, `${path}[${index}]`))];
}

function mapMistakes(schema: StructuralSchema, value: Readonly<Record<string, Json>>, path: string): readonly string[] {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const missing = required.filter((key) => value[key] === undefined).map((key) => `${joined(path, key)}: Required value`);
  const wrong = Object.entries(value).flatMap(([key, member]) => {
    const known = properties[key] ?? additionalProperties;
    return known === undefined ? [] : schemaMistakes(known, member, joined(path, key));
  });
  return [...missing, ...wrong];
}

function joined(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function plainMistakes(schema: StructuralSchema, value: Json, path: string): readonly string[] {
  const { minimum, maximum, format } = schema;
  if (schema.enum !== undefined && !schema.enum.includes(String(value)))
    return [
      `${path}: Unsupported value: ${JSON.stringify(value)}: supported values: ${schema.enum.map((one) => `"${one}"`).join(', ')}`,
    ];
  if (typeof value === 'number') {
    if (minimum !== undefined && value < minimum)
      return [`${path}: Invalid value: ${value}: ${path} in body should be greater than or equal to ${minimum}`];
    if (maximum !== undefined && value > maximum)
      return [`${path}: Invalid value: ${value}: ${path} in body should be less than or equal to ${maximum}`];
  }
  if (typeof value === 'string' && format === 'date-time' && Number.isNaN(Date.parse(value)))
    return [`${path}: Invalid value: "${value}": ${path} in body must be of type date-time: "${value}"`];
  return [];
}
