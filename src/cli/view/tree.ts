/** The lower part of `rampart get`: a Rollout or an Experiment and what belongs to it, as a tree in the first column of a table. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Experiment } from '../../api/experiment.ts';
import { annotations } from '../../api/names.ts';
import { seenPhase } from '../../core/rollout/seen-phase.ts';
import { ageOf, lengthOf } from '../print/age.ts';
import { table } from '../print/table.ts';
import { type Cell, type Paint, toned } from '../print/tone.ts';
import type { Family, PodGroup, RolloutFamily } from './family.ts';
import { phaseMark } from './phase-mark.ts';
import { podState } from './pod-state.ts';
import { hashOf, imagesOf, revisionOf, rolesOf } from './rollout-facts.ts';

interface Branch {
  readonly name: Cell;
  /** KIND, STATUS, READY, AGE, INFO */
  readonly cells: readonly Cell[];
  readonly branches: readonly Branch[];
}

const header = ['NAME', 'KIND', 'STATUS', 'READY', 'AGE', 'INFO'];

export function rolloutTree(family: RolloutFamily, nowMs: number, paint: Paint): string {
  return print(rolloutBranch(family, nowMs), paint);
}

export function experimentTree(experiment: Experiment, family: Family, nowMs: number, paint: Paint): string {
  return print(experimentBranch(experiment, family, nowMs), paint);
}

function print(root: Branch, paint: Paint): string {
  return table(header, [[root.name, ...root.cells], ...rowsBelow(root, '')], paint);
}

function rowsBelow({ branches }: Branch, indent: string): readonly (readonly Cell[])[] {
  return branches.flatMap((branch, index) => {
    const isLast = index === branches.length - 1;
    const name = typeof branch.name === 'string' ? branch.name : branch.name.text;
    const line = `${indent}${isLast ? '└─' : '├─'} ${name}`;
    const below = rowsBelow(branch, `${indent}${isLast ? '   ' : '│  '}`);
    return [[typeof branch.name === 'string' ? line : toned(line, branch.name.tone), ...branch.cells], ...below];
  });
}

/** Revisions, the newest first; what belongs to none comes last. */
function rolloutBranch(family: RolloutFamily, nowMs: number): Branch {
  const { rollout, groups, analysisRuns, experiments } = family;
  const revisions = new Set([
    ...groups.map(({ replicaSet }) => revisionOf(replicaSet)),
    ...analysisRuns.map(revisionOf),
    ...experiments.map(({ experiment }) => revisionOf(experiment)),
  ]);
  const { status, spec } = rollout;
  return {
    name: toned(rollout.metadata.name, 'strong'),
    cells: [
      'Rollout',
      phaseMark(seenPhase(rollout).phase),
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`,
      ageOf(rollout.metadata.creationTimestamp, nowMs),
    ],
    branches: [...revisions]
      .sort((a, b) => b - a)
      .map((revision) => ({
        name: revision === 0 ? 'without a revision' : `revision ${revision}`,
        cells: [],
        branches: [
          ...groups
            .filter(({ replicaSet }) => revisionOf(replicaSet) === revision)
            .map((group) => groupBranch(group, rolesOf(rollout, hashOf(group.replicaSet)), nowMs)),
          ...experiments
            .filter(({ experiment }) => revisionOf(experiment) === revision)
            .map((one) => experimentBranch(one.experiment, one.family, nowMs)),
          ...analysisRuns.filter((run) => revisionOf(run) === revision).map((run) => runBranch(run, nowMs)),
        ],
      })),
  };
}

function groupBranch({ replicaSet, pods }: PodGroup, roles: readonly string[], nowMs: number): Branch {
  const { metadata, spec, status } = replicaSet;
  const wanted = spec.replicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const deadlineMs = Date.parse(metadata.annotations?.[annotations.scaleDownDeadline] ?? '');
  const delay = wanted > 0 && deadlineMs > nowMs ? [`goes in ${lengthOf(deadlineMs - nowMs)}`] : [];
  const phase = wanted === 0 && pods.length === 0 ? 'ScaledDown' : available >= wanted ? 'Healthy' : 'Progressing';
  const isBroken = phase === 'Progressing' && pods.some((pod) => podState(pod).tone === 'bad');
  return {
    name: metadata.name,
    cells: [
      'ReplicaSet',
      phaseMark(isBroken ? 'Degraded' : phase),
      wanted === 0 && pods.length === 0 ? '' : `${available}/${wanted}`,
      ageOf(metadata.creationTimestamp, nowMs),
      [...roles, ...delay, ...(pods.length > 0 ? imagesOf(spec.template) : [])].join(', '),
    ],
    branches: pods.map((pod) => {
      const { word, tone, ready, restarts, why } = podState(pod);
      const info = [...(restarts > 0 ? [`${restarts} restarts`] : []), ...(why === '' ? [] : [why])].join(', ');
      const { name, creationTimestamp } = pod.metadata;
      return { name, cells: ['Pod', toned(word, tone), ready, ageOf(creationTimestamp, nowMs), info], branches: [] };
    }),
  };
}

function runBranch(run: AnalysisRun, nowMs: number): Branch {
  const { metadata, status } = run;
  return {
    name: metadata.name,
    cells: ['AnalysisRun', phaseMark(status?.phase || 'Pending'), '', ageOf(metadata.creationTimestamp, nowMs), runInfo(run)],
    branches: [],
  };
}

/** What was measured so far, or what it came to. */
function runInfo({ status }: AnalysisRun): string {
  const metrics = (status?.metricResults ?? []).map((metric) => {
    const counts = [
      [metric.successful, '✔'],
      [metric.failed, '✖'],
      [metric.inconclusive, '?'],
      [metric.error, '⚠'],
    ] as const;
    const told = counts.flatMap(([count, mark]) => (count === undefined || count === 0 ? [] : [`${mark} ${count}`]));
    return [metric.name, ...told].join(' ');
  });
  return [...metrics, ...(status?.message ? [status.message] : [])].join(', ');
}

function experimentBranch(experiment: Experiment, family: Family, nowMs: number): Branch {
  const { metadata, status } = experiment;
  return {
    name: metadata.name,
    cells: [
      'Experiment',
      phaseMark(status?.phase || 'Pending'),
      '',
      ageOf(metadata.creationTimestamp, nowMs),
      status?.message ?? '',
    ],
    branches: [
      ...family.groups.map((group) => groupBranch(group, [], nowMs)),
      ...family.analysisRuns.map((run) => runBranch(run, nowMs)),
    ],
  };
}
