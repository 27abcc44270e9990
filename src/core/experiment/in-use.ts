/** Whether routes of the Rollout that made an experiment may lead to it: read from what the Rollout stores, which it does in time for that. */
import type { Experiment } from '../../api/experiment.ts';
import type { Service } from '../../api/kubernetes.ts';
import type { Rollout } from '../../api/rollout.ts';

export function isInUse({ spec, status = {} }: Rollout, { metadata }: Experiment, services: readonly Service[]): boolean {
  const { currentExperiment, weights } = status.canary ?? {};
  if (services.length === 0 || (weights === undefined && spec.strategy?.canary?.trafficRouting === undefined)) return false;
  const names = new Set(services.map((service) => service.metadata.name));
  if (weights?.additional?.some(({ serviceName }) => serviceName !== undefined && names.has(serviceName))) return true;
  // A pause for a person comes after its end was seen, and may take days.
  const waits = (status.pauseConditions ?? []).some(({ reason }) => reason === 'InconclusiveExperiment');
  return weights?.verified === false || (currentExperiment === metadata.name && !waits);
}
