/** The gates of the chart and of every manifest in the checkout: rendered as users would, and held against the schemas of Kubernetes and our own. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verdict, Workplace } from './gate.ts';
import { runTool } from './run-tool.ts';

const chart = join('charts', 'rampart');

/** Installations that differ in what is rendered. */
const installations: Readonly<Record<string, readonly string[]>> = {
  plain: [],
  namespaced: ['namespaced=true', 'instanceId=one'],
  available: ['replicaCount=2', 'podDisruptionBudget.enabled=true'],
};

const setArgs = (values: readonly string[]): readonly string[] => values.flatMap((value) => ['--set', value]);

export async function lookAtChart({ root, tool }: Workplace): Promise<Verdict> {
  const helm = await tool('helm');
  const verdicts: Verdict[] = [];
  for (const values of Object.values(installations)) {
    verdicts.push(await runTool(helm, ['lint', '--strict', '--quiet', chart, ...setArgs(values)], { cwd: root }));
  }
  return both(verdicts);
}

export async function lookAtManifests({ root, tool }: Workplace): Promise<Verdict> {
  const [helm, validate, gatewayApi] = [await tool('helm'), await tool('kubectl-validate'), await tool('gateway-api-crds')];
  const folder = await mkdtemp(join(tmpdir(), 'rampart-manifests-'));
  try {
    for (const [name, values] of Object.entries(installations)) {
      const rendered = await runTool(helm, ['template', 'rampart', chart, '--namespace', 'rampart-system', ...setArgs(values)], {
        cwd: root,
      });
      if (!rendered.passed) return rendered;
      await writeFile(join(folder, `${name}.yaml`), rendered.output);
    }
    const examples = (await readdir(join(root, 'examples')))
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => join('examples', name));
    return await runTool(validate, ['--local-crds', 'crds', '--local-crds', join(gatewayApi, 'standard'), folder, ...examples], {
      cwd: root,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function both(verdicts: readonly Verdict[]): Verdict {
  return {
    passed: verdicts.every(({ passed }) => passed),
    output: verdicts
      .map(({ output }) => output)
      .filter((output) => output !== '')
      .join('\n'),
  };
}
