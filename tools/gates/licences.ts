/** What production code may be licensed under, held against the bill of materials that npm makes from the lock file. */
import { z } from 'zod';
import type { Verdict, Workplace } from './gate.ts';
import { runTool } from './run-tool.ts';

/** Nothing that asks for more than a notice. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);

const named = z.object({ license: z.object({ id: z.string().optional(), name: z.string().optional() }) });
const bill = z.object({
  components: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      licenses: z.array(z.union([named, z.object({ expression: z.string() })])).optional(),
    }),
  ),
});

type Component = z.infer<typeof bill>['components'][number];

export async function lookAtLicences({ root, exceptions }: Workplace): Promise<Verdict> {
  const args = ['sbom', '--package-lock-only', '--omit=dev', '--sbom-format=cyclonedx'];
  const made = await runTool('npm', args, { cwd: root });
  if (!made.passed) return made;
  const { components } = bill.parse(JSON.parse(made.output.slice(made.output.indexOf('{'))));
  const excepted = new Set(exceptions.map(({ rule }) => rule));
  const wrong = components.filter((component) => !isAllowed(component) && !excepted.has(component.name));
  const lines = wrong.map((component) => `${component.name} ${component.version}: ${licenceOf(component) || 'no licence'}`);
  return { passed: wrong.length === 0, output: lines.join('\n') };
}

function licenceOf({ licenses = [] }: Component): string {
  return licenses.map((one) => ('expression' in one ? one.expression : (one.license.id ?? one.license.name ?? ''))).join(' AND ');
}

/** SPDX: one of several is enough where there is a choice. */
function isAllowed(component: Component): boolean {
  const licence = licenceOf(component).replaceAll(/[()]/g, '');
  return licence !== '' && licence.split(' OR ').some((choice) => choice.split(' AND ').every((one) => allowed.has(one.trim())));
}
