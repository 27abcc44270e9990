/** The upper part of `rampart get`: what the Rollout is, what it does, and where it stands in its steps. */
import type { Rollout } from '../../api/rollout.ts';
import { pauseEnd } from '../../core/rollout/pause.ts';
import { seenPhase } from '../../core/rollout/seen-phase.ts';
import { stepText } from '../../core/rollout/steps.ts';
import { lengthOf } from '../print/age.ts';
import { aligned } from '../print/table.ts';
import { type Cell, type Paint, toned } from '../print/tone.ts';
import type { RolloutFamily } from './family.ts';
import { phaseMark } from './phase-mark.ts';
import { hashOf, imagesOf, type RolloutFacts, rolesOf, rolloutFacts } from './rollout-facts.ts';

type Row = readonly Cell[];

export function rolloutHead(family: RolloutFamily, nowMs: number, paint: Paint): string {
  const { rollout } = family;
  const { metadata, spec, status } = rollout;
  const { phase, message } = seenPhase(rollout);
  const facts = rolloutFacts(rollout);
  const head: readonly Row[] = [
    ['Name:', toned(metadata.name, 'strong')],
    ['Namespace:', metadata.namespace ?? ''],
    ['Status:', phaseMark(phase)],
    ...(message === '' ? [] : [['Message:', message]]),
    ...whatNext(rollout),
    ['Strategy:', strategyText(facts)],
    ...images(family).map((image, index) => [index === 0 ? 'Images:' : '', image]),
    [
      'Pods:',
      `${spec.replicas ?? 1} desired, ${status?.replicas ?? 0} current, ${status?.updatedReplicas ?? 0} updated, ${status?.readyReplicas ?? 0} ready, ${status?.availableReplicas ?? 0} available`,
    ],
    ...steps(rollout, nowMs),
  ];
  return aligned(head, paint);
}

/** The controller's own sentence about what goes on and when. */
function whatNext({ status }: Rollout): readonly Row[] {
  const paused = status?.conditions?.find(({ type }) => type === 'Paused');
  const says = status?.phase === 'Paused' || status?.abort === true;
  return says && paused !== undefined && paused.message !== 'Rollout is paused' ? [['Next:', paused.message]] : [];
}

function strategyText({ strategy, step, setWeight, actualWeight }: RolloutFacts): string {
  const parts: string[] = [strategy];
  if (step !== undefined) parts.push(`step ${step.done}/${step.of}`);
  if (step !== undefined && setWeight !== undefined) parts.push(`weight ${setWeight}`);
  if (actualWeight !== undefined) parts.push(`on the routes ${actualWeight}`);
  return parts.join(', ');
}

function images({ rollout, groups }: RolloutFamily): readonly Cell[] {
  const found = new Map<string, Set<string>>();
  for (const { replicaSet } of groups) {
    if ((replicaSet.spec.replicas ?? 0) === 0 && (replicaSet.status?.replicas ?? 0) === 0) continue;
    for (const image of imagesOf(replicaSet.spec.template)) {
      const roles = found.get(image) ?? new Set();
      for (const role of rolesOf(rollout, hashOf(replicaSet))) roles.add(role);
      found.set(image, roles);
    }
  }
  return [...found].map(([image, roles]) => (roles.size === 0 ? image : `${image} (${[...roles].join(', ')})`));
}

function steps({ spec, status }: Rollout, nowMs: number): readonly Row[] {
  const all = spec.strategy?.canary?.steps ?? [];
  const index = status?.currentStepIndex ?? 0;
  const isAborted = status?.abort === true;
  return all.map((step, i): Row => {
    const text = step.analysis === undefined ? stepText(step) : `analysis: ${templatesOf(step.analysis.templates ?? [])}`;
    const label = i === 0 ? 'Steps:' : '';
    if (isAborted) return [label, toned(`  ${text}`, 'dim')];
    if (i < index) return [label, toned(`✔ ${text}`, 'good')];
    if (i > index) return [label, `  ${text}`];
    const endMs = pauseEnd(status?.pauseConditions ?? [], step.pause?.duration);
    const left = endMs === undefined ? '' : ` (${lengthOf(endMs - nowMs)} left)`;
    return [label, toned(`▶ ${text}${left}`, status?.phase === 'Paused' ? 'waiting' : 'busy')];
  });
}

function templatesOf(templates: readonly { readonly templateName?: string | undefined }[]): string {
  return templates.map(({ templateName }) => templateName ?? '').join(', ');
}
