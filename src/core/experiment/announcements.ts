/**
 * The events of an Experiment: each change of its phase, of a template and of a run. They follow from a status alone, with its times, so
 * that whoever comes after a crash tells the same under the same names.
 */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { ExperimentStatus, ExperimentTemplateStatus } from '../../api/experiment.ts';
import { experimentConditionTypes, experimentReason, templateReason } from '../../api/experiment-reasons.ts';
import { analysisRunReason, eventReasons } from '../../api/reasons.ts';
import { isCompleted } from '../analysis/phase.ts';
import { type Announcement, inOrder } from '../decision.ts';
import { fingerprint } from '../rollout/identity/fingerprint.ts';

/** Within one second. */
const ranks = { begun: 0, template: 1, running: 2, run: 3, templateEnd: 4, ended: 5 } as const;
const recentMs = 5 * 60_000;

type Runs = readonly AnalysisRun[];

/** What is new in the second. */
export function announcementsOf(before: ExperimentStatus, after: ExperimentStatus, runs: Runs): readonly Announcement[] {
  const known = new Set(all(before, runs).map(({ identity }) => identity));
  return inOrder(all(after, runs).filter(({ identity }) => !known.has(identity)));
}

/** What the status says of the last minutes. */
export function announcementsFromStatus(status: ExperimentStatus, runs: Runs, nowMs: number): readonly Announcement[] {
  return inOrder(all(status, runs).filter(({ order = [] }) => nowMs - (order[0] ?? 0) * 1000 <= recentMs));
}

function all(status: ExperimentStatus, runs: Runs): readonly Announcement[] {
  return [...phase(status), ...(status.templateStatuses ?? []).flatMap(template), ...runPhases(status, runs), ...invalid(status)];
}

function phase({ phase: now, message, availableAt, conditions = [] }: ExperimentStatus): readonly Announcement[] {
  const turned = conditions.find(({ type }) => type === experimentConditionTypes.completed)?.lastTransitionTime;
  if (now === undefined || turned === undefined) return [];
  const done = isCompleted(now);
  const since = now === 'Running' ? (availableAt ?? turned) : turned;
  const rank = done ? ranks.ended : now === 'Running' ? ranks.running : ranks.begun;
  return [
    {
      type: now === 'Failed' || now === 'Error' ? 'Warning' : 'Normal',
      reason: experimentReason(now),
      message: `Experiment is ${now}${done && message ? `: ${message}` : ''}`,
      identity: `experiment/${now}/${since}${said(done ? message : undefined)}`,
      order: [secondOf(since), rank, 0],
    },
  ];
}

function template({ name, status, message, lastTransitionTime }: ExperimentTemplateStatus, index: number): readonly Announcement[] {
  if (status === undefined) return [];
  const ends = status !== 'Progressing' && status !== 'Running';
  return [
    {
      type: status === 'Failed' || status === 'Error' ? 'Warning' : 'Normal',
      reason: templateReason(status),
      message: `Template '${name}' is ${status}${message ? `: ${message}` : ''}`,
      identity: `template/${name}/${status}/${lastTransitionTime ?? ''}${said(message)}`,
      order: [secondOf(lastTransitionTime), ends ? ranks.templateEnd : ranks.template, index],
    },
  ];
}

function runPhases({ analysisRuns = [] }: ExperimentStatus, runs: Runs): readonly Announcement[] {
  return analysisRuns.flatMap(({ name, analysisRun, phase: now, message }, index): readonly Announcement[] => {
    if (now === undefined || now === 'Pending') return [];
    const { startedAt, completedAt } = runs.find(({ metadata }) => metadata.name === analysisRun)?.status ?? {};
    const words = isCompleted(now) && message ? `: ${message}` : '';
    return [
      {
        type: now === 'Failed' || now === 'Error' ? 'Warning' : 'Normal',
        reason: analysisRunReason(now),
        message: `AnalysisRun '${analysisRun}' of analysis '${name}' is ${now}${words}`,
        identity: `run/${analysisRun}/${now}`,
        order: [secondOf(isCompleted(now) ? completedAt : startedAt), ranks.run, index],
      },
    ];
  });
}

function invalid({ conditions = [] }: ExperimentStatus): readonly Announcement[] {
  const found = conditions.find(({ type }) => type === experimentConditionTypes.invalidSpec);
  if (found === undefined) return [];
  const { message, lastUpdateTime } = found;
  const identity = `invalid/${lastUpdateTime}/${fingerprint(message)}`;
  return [
    { type: 'Warning', reason: eventReasons.invalidSpec, message, identity, order: [secondOf(lastUpdateTime), ranks.begun, 0] },
  ];
}

/** Tries may follow each other within one second, and end in different words. */
function said(message: string | undefined): string {
  return message === undefined || message === '' ? '' : `/${fingerprint(message)}`;
}

/** 0 for what is no time. */
function secondOf(time: string | undefined): number {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? 0 : Math.max(0, Math.floor(ms / 1000));
}
