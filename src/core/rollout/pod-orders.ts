/**
 * Work on pods that is done beside the reconcile workers, since it needs lists of pods and many writes: what is wanted, as data, and what
 * came back. A decision names everything that is wanted now; what it names no more is not carried on.
 */
import type { LabelSelector } from '../../api/kubernetes.ts';

/** A ReplicaSet whose pods are meant. */
export interface PodOwner {
  readonly uid: string;
  readonly name: string;
}

/** Gives the pods of one ReplicaSet the labels and annotations of its template. */
export interface DressOrder {
  readonly kind: 'dress';
  /** What is unique about the order within its Rollout. */
  readonly id: string;
  /** What exactly is asked for: a report counts only for the same. */
  readonly token: string;
  /** False while the last report is not old enough for another try. */
  readonly start: boolean;
  readonly owner: PodOwner;
  readonly selector: LabelSelector;
  /** key -> value, null removes. */
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotations: Readonly<Record<string, string | null>>;
}

/** One round of a restart: evicts as many pods as may be missing now. */
export interface RestartOrder {
  readonly kind: 'restart';
  readonly id: string;
  readonly token: string;
  readonly start: boolean;
  readonly selector: LabelSelector;
  /** In the order in which they are restarted. */
  readonly owners: readonly (PodOwner & { readonly size: number })[];
  /** Pods created before this are restarted; milliseconds since the epoch, whole seconds. */
  readonly bornBeforeMs: number;
  readonly minReadySeconds: number;
  /** So many pods may be missing at a time. */
  readonly mostMissing: number;
}

export type PodOrder = DressOrder | RestartOrder;

/** What came of an order. */
export interface PodReport {
  readonly token: string;
  /** `done`: nothing is left to do; `more`: there is, once something has changed; `blocked`: a PodDisruptionBudget says not now. */
  readonly outcome: 'done' | 'more' | 'blocked' | 'failed';
  /** For people; empty where there is nothing to say. */
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** How many reports in a row have said the same of the same before this one. */
  readonly repeats: number;
}

/** When to try the same again though nothing has changed that is watched: budgets are not. */
export function retryAtMs({ outcome, atMs, repeats }: PodReport): number {
  if (outcome === 'more') return atMs + moreMs;
  return atMs + Math.min(troubleMs, firstTroubleMs * 4 ** Math.min(repeats, 5));
}

/** The change that a round waits for is usually seen; this is for one that came and went between two looks. */
const moreMs = 5_000;
/** A budget often says no only until it has seen that a replacement is available. */
const firstTroubleMs = 1_000;
const troubleMs = 30_000;
