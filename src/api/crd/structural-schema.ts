/**
 * From a zod schema of src/api to the structural OpenAPI schema that a CRD carries. Only the vocabulary of src/api/fields.ts is known;
 * anything else is an error, so that a field can never silently be missing from the CRD. Status is described and typed, but nothing of
 * it is required or limited to words, so that no write of a status is ever refused for a word that came later.
 */
import * as z from 'zod';
import type { Rule } from '../fields.ts';
import { podSpecSchema } from './pod-spec.ts';

export interface StructuralSchema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

interface Facts {
  readonly description?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly maxItems?: number;
  readonly rules?: readonly Rule[];
  readonly raw?: boolean;
  readonly objectMeta?: boolean;
  readonly podTemplate?: boolean;
}

/** `lenient` leaves out what would refuse a value that only has the wrong words. */
export function structuralSchema(schema: z.core.$ZodType, lenient = false): StructuralSchema {
  if (schema instanceof z.ZodOptional) return structuralSchema(schema.unwrap(), lenient);
  const facts = (z.globalRegistry.get(schema) ?? {}) as Facts;
  const { description } = facts;
  if (facts.objectMeta === true) return { type: 'object' };
  return {
    ...(description === undefined ? {} : { description }),
    ...(facts.raw === true ? rawSchema(schema) : typedSchema(schema, facts, lenient)),
    ...(facts.rules === undefined ? {} : { 'x-kubernetes-validations': facts.rules }),
  };
}

function rawSchema(schema: z.core.$ZodType): StructuralSchema {
  return { ...(schema instanceof z.ZodRecord ? { type: 'object' } : {}), 'x-kubernetes-preserve-unknown-fields': true };
}

function typedSchema(schema: z.core.$ZodType, facts: Facts, lenient: boolean): StructuralSchema {
  if (schema instanceof z.ZodObject) return objectSchema(schema, facts, lenient);
  if (schema instanceof z.ZodArray) {
    return { type: 'array', ...pick(facts, ['maxItems']), items: structuralSchema(schema.element, lenient) };
  }
  if (schema instanceof z.ZodRecord) return mapSchema(structuralSchema(schema.valueType, lenient));
  if (schema instanceof z.ZodUnion) return { 'x-kubernetes-int-or-string': true, ...pick(facts, ['pattern']) };
  if (schema instanceof z.ZodEnum) return { type: 'string', ...(lenient ? {} : { enum: schema.options.map(String) }) };
  if (schema instanceof z.ZodISODateTime) return { type: 'string', format: 'date-time' };
  if (schema instanceof z.ZodString) return { type: 'string' };
  if (schema instanceof z.ZodBoolean) return { type: 'boolean' };
  if (schema instanceof z.ZodNumber) {
    return { type: 'integer', format: facts.format ?? 'int32', ...pick(facts, ['minimum', 'maximum']) };
  }
  throw new Error(`${facts.description ?? 'a field'}: no CRD schema is known for zod's ${schema._zod.def.type}`);
}

/** Values that can be anything make the map an open object: CEL does not see maps of values without a type. */
function mapSchema(values: StructuralSchema): StructuralSchema {
  if (values.type === undefined && values['x-kubernetes-preserve-unknown-fields'] === true) {
    return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  }
  return { type: 'object', additionalProperties: values };
}

function objectSchema(schema: z.ZodObject, facts: Facts, lenient: boolean): StructuralSchema {
  const entries = Object.entries(schema.shape);
  const required = entries.filter(([, field]) => !(field instanceof z.ZodOptional)).map(([key]) => key);
  const properties: Record<string, StructuralSchema> = {};
  for (const [key, field] of entries) properties[key] = structuralSchema(field, lenient);
  if (facts.podTemplate === true) properties.spec = { ...properties.spec, ...podSpecSchema };
  return { type: 'object', ...(required.length === 0 || lenient ? {} : { required }), properties };
}

function pick<Key extends keyof Facts & keyof StructuralSchema>(facts: Facts, keys: readonly Key[]): StructuralSchema {
  return Object.fromEntries(keys.filter((key) => facts[key] !== undefined).map((key) => [key, facts[key]]));
}
