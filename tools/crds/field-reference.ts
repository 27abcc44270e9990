/** The page docs/reference/api.md: every field of every kind with its type and what it means, from the same schemas as the CRDs. */

import type { Definition } from '../../src/api/crd/definitions.ts';
import type { StructuralSchema } from '../../src/api/crd/structural-schema.ts';
import { gatewayApiPlugin } from '../../src/api/names.ts';
import { unsupportedFields } from '../../src/api/validation/unsupported.ts';

export function fieldReference(definitions: readonly Definition[]): string {
  const parts = definitions.map(kindReference);
  return `# The API, field by field

Generated from src/api by \`npm run generate\`; do not edit. Group and version: \`argoproj.io/v1alpha1\`. A field with a \\* must be given.

A Rollout that uses one of the following is told in its status that this version does not support it, and nothing of it is obeyed:
${unsupportedFields.map(({ path }) => `\`${path}\``).join(', ')}; and every entry of \`spec.strategy.canary.trafficRouting.plugins\` but \`${gatewayApiPlugin}\`.

${parts.join('\n')}`;
}

function kindReference({ resource, shortName, schema }: Definition): string {
  const rows = [...rowsOf(schema.properties?.spec, 'spec'), ...rowsOf(schema.properties?.status, 'status')];
  return `## ${resource.kind}

${schema.description} Short name \`${shortName}\`, ${resource.namespaced ? 'in a namespace' : 'for the whole cluster'}.

| field | type | meaning |
|---|---|---|
${rows.map(({ path, type, meaning }) => `| \`${path}\` | ${type} | ${meaning} |`).join('\n')}
`;
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly meaning: string;
}

function rowsOf(schema: StructuralSchema | undefined, path: string, isRequired = false): readonly Row[] {
  if (schema === undefined) return [];
  const meaning = (schema.description ?? '').replaceAll('|', '\\|');
  const row = meaning === '' ? [] : [{ path: isRequired ? `${path}*` : path, type: typeName(schema), meaning }];
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return row;
  return [...row, ...childRows(schema, path)];
}

function childRows(schema: StructuralSchema, path: string): readonly Row[] {
  if (schema.items !== undefined) return childRows(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) return childRows(schema.additionalProperties, `${path}.*`);
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => rowsOf(child, `${path}.${key}`, required.has(key)));
}

function typeName(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string'] === true) return 'number or text';
  if (schema.items !== undefined) return `list of ${typeName(schema.items)}`;
  if (schema.additionalProperties !== undefined) return `map of ${typeName(schema.additionalProperties)}`;
  if (schema.enum !== undefined) return schema.enum.join(', ');
  if (schema.format === 'date-time') return 'time';
  if (schema.type === undefined) return 'any';
  return { integer: 'number', string: 'text', boolean: 'true or false', object: 'object' }[schema.type] ?? schema.type;
}
