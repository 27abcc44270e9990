/** Judges manifests by themselves and against each other. Pure: what is read from where, and how it is shown, is for others. */
import { decodeAnalysisRun, decodeAnalysisTemplate, decodeClusterAnalysisTemplate, decodeExperiment } from '../../api/decode.ts';
import { argoApiVersion, argoGroup } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import { validateExperiment } from '../../api/validation/experiment.ts';
import { askableProviders } from '../../core/analysis/askable-providers.ts';
import { planRun } from '../../core/analysis/run-plan.ts';
import { remarksBetween } from './between.ts';
import type { Manifest, Unreadable } from './documents.ts';
import { error, type Finding, type Remark } from './finding.ts';
import { atHand, type Placed, place } from './manifests.ts';
import { type Judging, rolloutRemarks } from './rollout.ts';
import { templateRemarks } from './template.ts';
import { unknownFields } from './unknown-fields.ts';

export interface Judged {
  readonly findings: readonly Finding[];
  /** Objects that were judged. */
  readonly objects: number;
}

export interface JudgeOptions {
  readonly namespace: string;
  readonly isComplete: boolean;
  readonly production: boolean;
}

const judgedKinds: ReadonlySet<string> = new Set([
  'Rollout',
  'AnalysisTemplate',
  'ClusterAnalysisTemplate',
  'AnalysisRun',
  'Experiment',
]);

export function judge(manifests: readonly Manifest[], unreadable: readonly Unreadable[], options: JudgeOptions): Judged {
  const findings: Finding[] = unreadable.map((one) => ({ ...one, level: 'error', object: '', namespace: '', path: '' }));
  const placed: Placed[] = [];
  for (const manifest of manifests) {
    const found = place(manifest, options.namespace);
    if (!('problem' in found)) placed.push(found);
    else
      findings.push({
        level: 'error',
        file: manifest.file,
        line: manifest.line,
        object: '',
        namespace: '',
        path: '',
        message: found.problem,
      });
  }
  const told = new Map<Placed, Remark[]>();
  const judged = placed.filter(({ kind, group }) => group === argoGroup && judgedKinds.has(kind));
  const judging = { ...options, at: atHand(placed), kindsIn: (namespace: string) => kindsIn(placed, namespace) };
  for (const one of judged) told.set(one, [...versionRemarks(one), ...twins(one, judged), ...remarksOf(one, judging)]);
  for (const [one, remark] of remarksBetween(placed)) told.get(one)?.push(remark);
  for (const [one, remarks] of told) findings.push(...remarks.map((remark) => findingOf(one, remark)));
  return { findings: withoutEchoes(findings), objects: judged.length };
}

function remarksOf(placed: Placed, judging: Judging): readonly Remark[] {
  switch (placed.kind) {
    case 'Rollout':
      return rolloutRemarks(placed, judging);
    case 'AnalysisTemplate': {
      const { template, problems } = decodeAnalysisTemplate(placed.object);
      return [...templateRemarks(template.spec, problems), ...unknown(placed, template, problems)];
    }
    case 'ClusterAnalysisTemplate': {
      const { template, problems } = decodeClusterAnalysisTemplate(placed.object);
      return [...templateRemarks(template.spec, problems), ...unknown(placed, template, problems)];
    }
    default:
      return byHand(placed);
  }
}

/** Experiments and AnalysisRuns, as people create them by hand. */
function byHand(placed: Placed): readonly Remark[] {
  if (placed.kind === 'Experiment') {
    const { experiment, problems } = decodeExperiment(placed.object);
    return [...errors(validateExperiment(experiment, problems)), ...unknown(placed, experiment, problems)];
  }
  const { run, problems } = decodeAnalysisRun(placed.object);
  const plan = planRun(run.spec, askableProviders);
  const refused = 'message' in plan && problems.length === 0 ? [error('spec', plan.message)] : [];
  return [...errors(problems), ...refused, ...unknown(placed, run, problems)];
}

function errors(problems: readonly Problem[]): readonly Remark[] {
  return problems.map(({ path, message }) => error(path, message));
}

function unknown({ object }: Placed, decoded: { readonly spec: unknown }, known: readonly Problem[]): readonly Remark[] {
  return unknownFields(object.spec, decoded.spec, ['spec'], known).map(({ path, message }) => error(path, message));
}

function versionRemarks({ manifest }: Placed): readonly Remark[] {
  const { apiVersion } = manifest.object;
  return apiVersion === argoApiVersion ? [] : [error('apiVersion', `must be ${argoApiVersion}, got ${JSON.stringify(apiVersion)}`)];
}

/** The same object twice: the later one would win. */
function twins(placed: Placed, all: readonly Placed[]): readonly Remark[] {
  const first = all.find(
    ({ kind, namespace, name }) => kind === placed.kind && namespace === placed.namespace && name === placed.name,
  );
  if (first === undefined || first === placed) return [];
  return [
    error('metadata.name', `is written twice, here and in ${first.manifest.file}:${first.manifest.line}; only one would stay`),
  ];
}

function kindsIn(placed: readonly Placed[], namespace: string): ReadonlySet<string> {
  return new Set(placed.filter((one) => one.namespace === namespace || one.namespace === '').map(({ kind }) => kind));
}

function findingOf({ manifest, kind, name, namespace }: Placed, remark: Remark): Finding {
  return { ...remark, file: manifest.file, line: manifest.line, object: `${kind} ${name}`, namespace };
}

/** What is wrong with a template is told at the template, and not once more at each Rollout that uses it. */
function withoutEchoes(findings: readonly Finding[]): readonly Finding[] {
  const known = new Set(findings.map(({ object, path, message }) => `${object}|${path}|${message}`));
  const seen = new Set<string>();
  return findings.filter(({ file, line, object, path, message }) => {
    const echo = /^(\w+) '([^']+)': (.*)$/s.exec(path);
    if (echo !== null && known.has(`${echo[1]} ${echo[2]}|${echo[3]}|${message}`)) return false;
    const key = `${file}:${line}|${object}|${path}|${message}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
