/** The page docs/reference/chart.md: every value of the chart with its default and what it is for, read from values.yaml and its schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { code, table } from './markdown.ts';

export const chart = join(import.meta.dirname, '..', '..', 'charts', 'rampart');

export interface ChartValue {
  readonly path: string;
  /** As JSON. */
  readonly preset: string;
  /** Empty where nobody has said what it is for. */
  readonly meaning: string;
}

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
}

export function chartSchema(): Schema {
  return JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8')) as Schema;
}

/** In the order of the file. A value whose schema names no properties is one, whatever is in it. */
export function chartValues(): readonly ChartValue[] {
  const { contents } = parseDocument(readFileSync(join(chart, 'values.yaml'), 'utf8'));
  if (!isMap(contents)) throw new Error('values.yaml is not a map');
  return valuesOf(contents, chartSchema(), []);
}

function valuesOf(map: YAMLMap, schema: Schema | undefined, above: readonly string[]): readonly ChartValue[] {
  return map.items.flatMap((pair, index): readonly ChartValue[] => {
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    const path = [...above, key];
    const own = schema?.properties?.[key];
    if (isMap(pair.value) && own?.properties !== undefined) return valuesOf(pair.value, own, path);
    const preset = JSON.stringify((map.toJSON() as Readonly<Record<string, unknown>>)[key]);
    return [{ path: path.join('.'), preset, meaning: commentOf(pair, index === 0 ? map : undefined) }];
  });
}

/** A comment above the first key belongs to its map. */
function commentOf({ key }: Pair, map: YAMLMap | undefined): string {
  const text = (isScalar(key) ? key.commentBefore : undefined) ?? map?.commentBefore ?? '';
  return text
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}

export function chartReference(): string {
  const rows = chartValues().map(({ path, preset, meaning }) => [code(path), code(preset), meaning]);
  return `# Values of the chart

Generated from charts/rampart/values.yaml by \`npm run generate\`; do not edit. A value that is not here, or of a wrong type, is refused by \`helm install\`.

${table(['value', 'default', 'what it is for'], rows)}
`;
}
