/** The object that a Rollout takes its template from, as a decision sees it, and what is noted on the Rollout of the pods that it had. */
import { annotations } from '../../api/names.ts';
import type { Problem } from '../../api/problem.ts';
import type { ScaleDownMode, WorkloadKind } from '../../api/validation/workload-ref.ts';
import type { Situation } from './situation.ts';

export interface ObservedWorkload {
  readonly kind: WorkloadKind;
  readonly name: string;
  readonly uid: string;
  /** Undefined where the API server counts none. */
  readonly generation: number | undefined;
  /** Pods that it asks for itself. */
  readonly replicas: number;
  readonly scaleDown: ScaleDownMode;
}

/** How many pods the referent had before the Rollout came. */
export interface ReplacedWorkload {
  readonly name: string;
  readonly replicas: number;
}

function replacedWorkload({ rollout }: Situation): ReplacedWorkload | undefined {
  const text = rollout.metadata.annotations?.[annotations.replacedWorkload];
  if (text === undefined) return undefined;
  try {
    const { name, replicas } = (JSON.parse(text) ?? {}) as Record<string, unknown>;
    const isSize = typeof replicas === 'number' && Number.isSafeInteger(replicas) && replicas >= 0;
    return typeof name === 'string' && isSize ? { name, replicas } : undefined;
  } catch {
    return undefined;
  }
}

/** The record of the present referent; of another one it says nothing. */
export function recordOf(situation: Situation, workload: ObservedWorkload): number | undefined {
  const record = replacedWorkload(situation);
  return record?.name === workload.name ? record.replicas : undefined;
}

/** Pods of a Rollout that says no number: as many as the Deployment has whose place it takes, else 1. */
export function sizeOfReferent({ workload }: Pick<Situation['observed'], 'workload'>): number {
  const takesPlace = workload?.kind === 'Deployment' && workload.scaleDown !== 'never' && workload.replicas > 0;
  return takesPlace ? workload.replicas : 1;
}

/** Says of a problem of the template whose template it is: the user looks for it where it was written. */
export function atReferent(problem: Problem, workload: ObservedWorkload | undefined): Problem {
  const { path, message } = problem;
  if (workload === undefined || !/^spec\.(template|selector)\b/.test(path)) return problem;
  return { ...problem, path: 'spec.workloadRef', message: `${workload.kind} "${workload.name}": ${path} ${message}` };
}

/** What an abort of the very first revision goes back to; empty where there is nothing. */
export function backToWorkload(situation: Situation): string {
  const { workload } = situation.observed;
  const before = workload === undefined ? undefined : recordOf(situation, workload);
  return workload === undefined || before === undefined ? '' : `; ${workload.kind} ${workload.name} gets its ${before} pods back`;
}
