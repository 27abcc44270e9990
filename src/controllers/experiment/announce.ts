/** What becomes of an Experiment, told with the Rollout that it belongs to. */
import type { Experiment } from '../../api/experiment.ts';
import { experiments, rollouts } from '../../api/resources.ts';
import type { Announcement } from '../../core/decision.ts';
import { type Announcer, announce } from '../announcer.ts';

export function announceExperiment(experiment: Experiment, announcements: readonly Announcement[], announcer: Announcer): void {
  const { name, ownerReferences } = experiment.metadata;
  const owner = ownerReferences?.find(({ controller, kind }) => controller === true && kind === rollouts.kind);
  const fields = { experiment: name, ...(owner !== undefined && { rollout: owner.name }) };
  announce({ resource: experiments, object: experiment, fields }, announcements, announcer);
}
