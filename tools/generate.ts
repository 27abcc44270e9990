/**
 * `npm run generate`: writes what follows from src (CRDs, their copies in the chart, the reference pages). With `--check` it writes
 * nothing, names the files that are not up to date and fails if there are any.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { customResourceDefinition, type Definition, definitions } from '../src/api/crd/definitions.ts';
import { fieldReference } from './crds/field-reference.ts';
import { namesReference } from './names-reference.ts';
import { chartReference } from './reference/chart-reference.ts';
import { cliReference } from './reference/cli-reference.ts';
import { errorsReference } from './reference/errors-reference.ts';
import { eventsReference } from './reference/events-reference.ts';
import { flagsReference } from './reference/flags-reference.ts';
import { metricsReference } from './reference/metrics-reference.ts';

const root = join(import.meta.dirname, '..');
const header = '# Generated from src/api by `npm run generate`; do not edit.\n';

/** path below the root -> content. */
async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const definition of definitions) {
    const text = header + stringify(customResourceDefinition(definition), { lineWidth: 0, aliasDuplicateObjects: false });
    for (const folder of ['crds', 'charts/rampart/files/crds']) files.set(`${folder}/${fileName(definition)}`, text);
  }
  files.set('docs/reference/api.md', fieldReference(definitions));
  files.set('docs/reference/names.md', namesReference());
  files.set('docs/reference/flags.md', flagsReference());
  files.set('docs/reference/cli.md', cliReference());
  files.set('docs/reference/metrics.md', await metricsReference());
  files.set('docs/reference/events.md', eventsReference());
  files.set('docs/reference/errors.md', errorsReference());
  files.set('docs/reference/chart.md', chartReference());
  return files;
}

function fileName({ resource }: Definition): string {
  return `${resource.group}_${resource.plural}.yaml`;
}

async function isCurrent(path: string, content: string): Promise<boolean> {
  try {
    return (await readFile(join(root, path), 'utf8')) === content;
  } catch {
    return false;
  }
}

async function main(isCheck: boolean): Promise<number> {
  const stale: string[] = [];
  for (const [path, content] of await generatedFiles()) {
    if (await isCurrent(path, content)) continue;
    stale.push(path);
    if (isCheck) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  for (const path of stale) console.log(isCheck ? `${path} is not up to date; run \`npm run generate\`` : `wrote ${path}`);
  return isCheck && stale.length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.includes('--check'));
