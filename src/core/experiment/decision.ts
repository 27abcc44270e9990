/** The answer to one look at an Experiment: its complete next status, and what is to be done, said and awaited. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { ExperimentStatus } from '../../api/experiment.ts';
import type { ReplicaSet, Service } from '../../api/kubernetes.ts';
import type { Announcement, Next } from '../decision.ts';

export interface ExperimentDecision {
  readonly status: ExperimentStatus;
  /** Carried out in this order, each idempotent; the first that is refused ends the list. */
  readonly effects: readonly ExperimentEffect[];
  /** Emitted in this order, once, after the status is stored. */
  readonly announcements: readonly Announcement[];
  readonly next: Next;
}

export type ExperimentEffect =
  | { readonly kind: 'create-replica-set'; readonly template: string; readonly replicaSet: ReplicaSet }
  | {
      readonly kind: 'patch-replica-set';
      readonly name: string;
      readonly uid: string;
      readonly replicas?: number;
      /** key -> value, null removes. */
      readonly annotations?: Readonly<Record<string, string | null>>;
      readonly minReadySeconds?: number;
    }
  | { readonly kind: 'create-service'; readonly template: string; readonly service: Service }
  /** Makes it select other pods. */
  | { readonly kind: 'patch-service'; readonly name: string; readonly uid: string; readonly spec: Service['spec'] }
  | { readonly kind: 'delete-service'; readonly name: string; readonly uid: string }
  | { readonly kind: 'create-analysis-run'; readonly analysis: string; readonly run: AnalysisRun }
  | { readonly kind: 'terminate-analysis-run'; readonly name: string };
