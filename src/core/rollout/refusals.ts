/** What the API server would not do for this Rollout, for people: the status names it, since nothing else would say why it stands still. */
import type { Effect } from './decision.ts';
import type { ObservedRollout } from './observed-rollout.ts';

/** `; Service canary could not be switched: <the server's words>`, for the first refusal that holds something up; empty where there is none. */
export function refusalSay({ failures }: ObservedRollout): string {
  for (const { effect, message } of failures) {
    const what = heldUp(effect);
    if (what !== undefined) return `; ${what}: ${message}`;
  }
  return '';
}

/** Undefined for what only tidies up. */
function heldUp(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'create-replica-set':
      return `ReplicaSet ${effect.replicaSet.metadata.name} could not be created`;
    case 'patch-replica-set':
      return `ReplicaSet ${effect.name} could not be changed`;
    case 'scale-deployment':
      return `Deployment ${effect.name} could not be scaled`;
    case 'dress-replica-set':
      return `metadata or affinity of ReplicaSet ${effect.name} could not be changed`;
    case 'switch-service':
      return `Service ${effect.name} could not be switched`;
    case 'create-analysis-run':
      return `AnalysisRun ${effect.run.metadata.name} could not be created`;
    case 'terminate-analysis-run':
      return `AnalysisRun ${effect.name} could not be ended`;
    case 'create-experiment':
      return `Experiment ${effect.experiment.metadata.name} could not be created`;
    case 'terminate-experiment':
      return `Experiment ${effect.name} could not be ended`;
    case 'patch-rollout':
      return 'the Rollout itself could not be changed';
    case 'converge-routes':
    case 'delete-replica-set':
    case 'delete-analysis-run':
    case 'delete-experiment':
      return undefined;
    default:
      return effect satisfies never;
  }
}
