/** What `{{templates.baseline.podTemplateHash}}` and its like in the arguments of an analysis stand for. */
import { parseDuration } from '../../api/duration.ts';
import type { ExperimentSpec } from '../../api/experiment.ts';
import { timestamp } from '../rollout/situation.ts';
import type { Member } from './members.ts';

const placeholder = /\{\{\s*((?:templates|experiment)\.[^{}\s]+)\s*\}\}/g;

export interface Facts {
  readonly spec: ExperimentSpec;
  readonly members: readonly Member[];
  /** RFC 3339. */
  readonly availableAt: string;
}

/** The text with all of them filled in; what has no value stays and is told. */
export function fillIn(text: string, facts: Facts): { readonly value: string; readonly problem?: string } {
  let problem: string | undefined;
  const value = text.replace(placeholder, (whole, name: string) => {
    const found = meaningOf(name, facts);
    if ('value' in found) return found.value;
    problem ??= `{{${name}}} ${found.problem}`;
    return whole;
  });
  return problem === undefined ? { value } : { value, problem };
}

type Value = { readonly value: string } | { readonly problem: string };

function meaningOf(name: string, facts: Facts): Value {
  if (name === 'experiment.availableAt') return { value: facts.availableAt };
  if (name === 'experiment.finishedAt') return finishedAt(facts);
  const [, template, field] = /^templates\.(.+?)\.(podTemplateHash|replicaset\.name)$/.exec(name) ?? [];
  if (template === undefined) {
    return {
      problem:
        'is not known: use templates.<name>.podTemplateHash, templates.<name>.replicaset.name, experiment.availableAt or experiment.finishedAt',
    };
  }
  const member = facts.members.find((one) => one.template.name === template);
  if (member === undefined)
    return { problem: `names no template of this experiment (${facts.members.map((one) => one.template.name).join(', ')})` };
  return { value: field === 'podTemplateHash' ? member.hash : member.name };
}

/** When its duration will be over. */
function finishedAt({ spec, availableAt }: Facts): Value {
  const ms = durationMs(spec);
  if (ms === undefined) return { problem: 'is not known without spec.duration' };
  return { value: timestamp(Date.parse(availableAt) + ms) };
}

/** Undefined where it has none, or none that can be read. */
export function durationMs({ duration }: Pick<ExperimentSpec, 'duration'>): number | undefined {
  if (duration === undefined || duration === '') return undefined;
  const ms = parseDuration(duration);
  return typeof ms === 'number' ? ms : undefined;
}
