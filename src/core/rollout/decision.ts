/** The answer to one look at a Rollout: its complete next status, and what is to be done, said and awaited. */
import type { AnalysisRun } from '../../api/analysis-run.ts';
import type { Experiment } from '../../api/experiment.ts';
import type { PodTemplate, ReplicaSet } from '../../api/kubernetes.ts';
import type { RolloutStatus } from '../../api/rollout.ts';
import type { Announcement, Next } from '../decision.ts';
import type { TemplatePatch } from './injected/injected-template.ts';
import type { PodOrder } from './pod-orders.ts';
import type { DesiredRoutes } from './routes.ts';

export interface Decision {
  /** The complete next status: step index, pause, conditions, phase, weights together. */
  readonly status: RolloutStatus;
  /** The status is left as it is stored for now, though numbers of pods have changed. */
  readonly holdsNumbers?: true;
  /** Carried out in this order, each idempotent; the first that fails ends the list. */
  readonly effects: readonly Effect[];
  /** An abort is stored before its pods move: they are left to the next pass, which comes at once and tells of both. */
  readonly leavesPods?: true;
  /** Emitted in this order, once, after the status is stored. */
  readonly announcements: readonly Announcement[];
  readonly next: Next;
  /** All that is wanted of pods now, done beside the worker; what is not named any more is not carried on. */
  readonly podOrders?: readonly PodOrder[];
}

export type Effect =
  | { readonly kind: 'create-replica-set'; readonly replicaSet: ReplicaSet }
  | {
      readonly kind: 'patch-replica-set';
      readonly name: string;
      readonly uid: string;
      /** Undefined leaves the size alone. */
      readonly replicas?: number;
      /** key -> value, null removes. */
      readonly annotations?: Readonly<Record<string, string | null>>;
      readonly minReadySeconds?: number;
      /** Takes a ReplicaSet without a controller as ours. */
      readonly adopt?: true;
    }
  /** What is added to a ReplicaSet's template by its role; pods are not made anew by it. */
  | {
      readonly kind: 'dress-replica-set';
      readonly name: string;
      readonly uid: string;
      /** key -> value, null removes. */
      readonly annotations: Readonly<Record<string, string | null>>;
      readonly template?: TemplatePatch;
    }
  | { readonly kind: 'delete-replica-set'; readonly name: string; readonly uid: string }
  /** The Deployment that the template is taken from. */
  | { readonly kind: 'scale-deployment'; readonly name: string; readonly uid: string; readonly replicas: number }
  | {
      readonly kind: 'switch-service';
      readonly name: string;
      /** Pod-template hash for the selector. */
      readonly hash: string;
      /** Written as managed-by annotation where it is missing. */
      readonly managedBy: string;
    }
  | { readonly kind: 'converge-routes'; readonly desired: DesiredRoutes }
  | { readonly kind: 'create-analysis-run'; readonly run: AnalysisRun }
  | { readonly kind: 'terminate-analysis-run'; readonly name: string }
  | { readonly kind: 'create-experiment'; readonly experiment: Experiment }
  | { readonly kind: 'terminate-experiment'; readonly name: string }
  | { readonly kind: 'delete-experiment'; readonly name: string; readonly uid: string }
  | { readonly kind: 'delete-analysis-run'; readonly name: string; readonly uid: string }
  | {
      readonly kind: 'patch-rollout';
      /** key -> value, null removes. */
      readonly annotations?: Readonly<Record<string, string | null>>;
      /** Written where the user left it out. */
      readonly replicas?: number;
      /** Put back into the spec by `rampart.dev/on-failure: undo`; guarded by the object's resourceVersion. */
      readonly template?: PodTemplate;
    };
