/**
 * `npm test`: the unit project and long simulations, then everything that needs a Kubernetes, in a network namespace of its own, then the image, on a Docker engine. Says loudly
 * what was skipped and why; where CI is set, anything skipped fails the run. Options: --unit, --simulation, --cluster, --image (only that project); everything else goes to vitest.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PartName } from '../tools/cluster/contract.ts';
import { findUnshareArgs, NamespaceUnavailable } from '../tools/cluster/namespace/command-line.ts';
import { insideNamespace, rerunInside } from '../tools/cluster/namespace/enter.ts';
import { partsFor } from '../tools/cluster/part-sets.ts';
import { ensureParts, PartUnavailable } from '../tools/cluster/provision/provision.ts';
import { EngineUnavailable } from '../tools/image/docker-engine.ts';
import { withEngine } from './support/image-engine.ts';
import { type RightsOfRun, rightsProblems, rightsReport, rightsSummary } from './support/rights/verdict.ts';
import { readSkipped, type Skipped, skipReport } from './support/skipped.ts';

const neededParts: readonly PartName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kwok-stages',
  'kubectl',
  'helm',
  'traefik',
  'prometheus',
  'gateway-api-crds',
  'kubectl-argo-rollouts',
  'argo-cd-scripts',
  'glua',
];

const imageParts: readonly PartName[] = [...partsFor({ kubelet: 'kwok', traefik: false, prometheus: false }), 'kubectl', 'helm'];

type Project = 'unit' | 'simulation' | 'cluster' | 'image';

interface Outcome {
  readonly passed: boolean;
  readonly skipped: readonly Skipped[];
}

const projects: readonly Project[] = ['unit', 'simulation', 'cluster', 'image'];
const vitestArgs = process.argv.slice(2).filter((arg) => !projects.some((project) => arg === `--${project}`));
const only = projects.find((project) => process.argv.includes(`--${project}`));

async function runVitest(
  project: Project,
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-test-'));
  const report = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    // A file filter names tests of one project, and the other one then has none.
    const noTestsAllowed = vitestArgs.some((arg) => !arg.startsWith('-')) ? ['--passWithNoTests'] : [];
    const args = [
      join('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      ...noTestsAllowed,
      ...reporters,
      ...options,
      ...vitestArgs,
    ];
    const rights = join(folder, 'rights.json');
    const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...env, [rightsReport]: rights } });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (exitCode) => resolve(exitCode ?? 1));
    });
    const [passed, skipped] = [code === 0, await readSkipped(report)];
    const keptToRights = project !== 'cluster' || (await judgeRights(rights, passed && skipped.length === 0));
    return { passed: passed && keptToRights, skipped };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Did the controllers use what the chart grants them, and nothing else? `complete`: every test that was asked for ran and passed. */
async function judgeRights(file: string, complete: boolean): Promise<boolean> {
  // Filters may leave no test of the cluster, and a run that never came to it has said why.
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const whole = complete && vitestArgs.length === 0;
  if (text === undefined) return !whole;
  const rights = JSON.parse(text) as RightsOfRun;
  const problems = rightsProblems(rights, whole);
  (problems.length === 0 ? console.log : console.error)(`\n${rightsSummary(rights, problems, whole)}`);
  return problems.length === 0;
}

/** Exit code for one project's outcome; prints what was skipped. */
function judge(outcome: Outcome): number {
  const ci = (process.env.CI ?? '') !== '';
  if (outcome.skipped.length > 0) console.error(skipReport(outcome.skipped, ci));
  return outcome.passed && !(ci && outcome.skipped.length > 0) ? 0 : 1;
}

/** Outside: the cluster project, run again inside a namespace; skipped as a whole where that cannot be. */
async function runClusterProject(): Promise<number> {
  try {
    return await rerunInside(neededParts);
  } catch (error) {
    if (!(error instanceof NamespaceUnavailable || error instanceof PartUnavailable)) throw error;
    return judge({ passed: true, skipped: [{ what: 'every test that needs a Kubernetes', why: error.message }] });
  }
}

const nothingToTryTheImageOn = [EngineUnavailable, PartUnavailable, NamespaceUnavailable];

/** The image project, on an engine that is opened for it; skipped as a whole where none can be, or no cluster for it to watch. */
async function runImageProject(): Promise<number> {
  try {
    await ensureParts(imageParts);
    await findUnshareArgs(process.getuid?.() ?? 0);
    // One file after the other: what one has built the next takes from the engine's cache.
    return await withEngine(async (env) => judge(await runVitest('image', ['--no-file-parallelism'], env)));
  } catch (error) {
    if (!nothingToTryTheImageOn.some((kind) => error instanceof kind)) throw error;
    return judge({ passed: true, skipped: [{ what: 'every test of the image', why: (error as Error).message }] });
  }
}

async function runProject(project: Project): Promise<number> {
  if (project === 'cluster') return await runClusterProject();
  return project === 'image' ? await runImageProject() : judge(await runVitest(project));
}

if (insideNamespace()) {
  process.exitCode = judge(await runVitest('cluster'));
} else {
  let worst = 0;
  for (const project of projects) {
    if (only !== undefined && only !== project) continue;
    worst = Math.max(worst, await runProject(project));
  }
  process.exitCode = worst;
}
