/**
 * The rules of a CRD in CEL (`x-kubernetes-validations`), asked as the API server asks them: each where it stands in the object, those
 * that name `oldSelf` only of what was there before, and none of a part that a write leaves as it was.
 */
import { parse } from '@marcbachmann/cel-js';
import type { StructuralSchema } from '../../api/crd/structural-schema.ts';
import { isMap, type Json, sameJson } from './json.ts';

type Ask = (self: Json, oldSelf: Json) => boolean;

interface CompiledRule {
  readonly message: string;
  readonly isTransition: boolean;
  readonly ask: Ask;
}

const compiled = new WeakMap<StructuralSchema, readonly CompiledRule[]>();

/** Sentences as the API server writes them. `old` is undefined for a new object. */
export function ruleMistakes(schema: StructuralSchema, value: Json, old: Json, path = ''): readonly string[] {
  if (value === undefined || value === old || (old !== undefined && sameJson(value, old))) return [];
  const own = rulesOf(schema)
    .filter(({ isTransition }) => !isTransition || old !== undefined)
    .filter(({ ask }) => !ask(value, old))
    .map((rule) => `${path}: Invalid value: "${shown(value)}": ${rule.message}`);
  return [...own, ...partMistakes(schema, value, old, path)];
}

function partMistakes(schema: StructuralSchema, value: Json, old: Json, path: string): readonly string[] {
  const { properties = {}, additionalProperties, items } = schema;
  if (Array.isArray(value)) {
    if (items === undefined) return [];
    // Items of a list have no identity: they are not held against those of before, and never asked for transitions.
    return value.flatMap((item, index) => ruleMistakes(items, item, undefined, `${path}[${index}]`));
  }
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const known = properties[key] ?? additionalProperties;
    if (known === undefined) return [];
    return ruleMistakes(known, member, isMap(old) ? old[key] : undefined, path === '' ? key : `${path}.${key}`);
  });
}

function rulesOf(schema: StructuralSchema): readonly CompiledRule[] {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ rule, message }): CompiledRule => {
    const evaluate = parse(rule);
    const ask: Ask = (self, oldSelf) => evaluate({ self, oldSelf }) === true;
    return { message, isTransition: /\boldSelf\b/.test(rule), ask };
  });
  compiled.set(schema, rules);
  return rules;
}

function shown(value: Json): string {
  return Array.isArray(value) ? 'array' : isMap(value) ? 'object' : String(value);
}
