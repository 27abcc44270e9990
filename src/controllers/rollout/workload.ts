/**
 * Puts the template of the object that a `workloadRef` names into the Rollout that is decided on; nothing of it is ever written back. A
 * Rollout whose reference leads nowhere keeps it, with a problem that says why.
 */
import type { Workload } from '../../api/kubernetes.ts';
import type { Problem } from '../../api/problem.ts';
import type { Rollout, RolloutSpec } from '../../api/rollout.ts';
import { scaleDownMode, workloadKind, workloadRefProblems } from '../../api/validation/workload-ref.ts';
import type { ObservedWorkload } from '../../core/rollout/observed-workload.ts';
import type { FoundWorkload } from '../workloads.ts';
import type { NamedWorkload } from './references.ts';

export interface WithTemplate {
  readonly rollout: Rollout;
  readonly problems: readonly Problem[];
  /** Undefined without a reference, and where it leads nowhere. */
  readonly workload: ObservedWorkload | undefined;
}

/** Finds the object that is named; the same question gives the same answer until it changes. */
export type FindWorkload = (named: NamedWorkload) => FoundWorkload;

/** spec of a Rollout -> spec of its referent -> both in one: hashes and verdicts are kept with the object. */
const joined = new WeakMap<RolloutSpec, WeakMap<object, RolloutSpec>>();

export function withTemplate(rollout: Rollout, find: FindWorkload): WithTemplate {
  const { spec, metadata } = rollout;
  const reference = spec.workloadRef;
  const kind = reference && workloadKind(reference);
  // What is wrong with the reference itself is found by the validation of the spec.
  if (reference === undefined || kind === undefined || workloadRefProblems(spec, reference).length > 0)
    return { rollout, problems: [], workload: undefined };
  const name = reference.name ?? '';
  const found = find({ kind, namespace: metadata.namespace, name });
  if (typeof found === 'string' || found.spec === undefined)
    return { rollout, problems: [notToBeHad(kind, name, found)], workload: undefined };
  const { uid = '', generation } = found.metadata;
  const workload = { kind, name, uid, generation, replicas: found.spec.replicas ?? 1, scaleDown: scaleDownMode(reference) };
  return { rollout: { ...rollout, spec: join(spec, found.spec) }, problems: [], workload };
}

function join(spec: RolloutSpec, of: NonNullable<Workload['spec']>): RolloutSpec {
  const known = joined.get(spec) ?? new WeakMap<object, RolloutSpec>();
  joined.set(spec, known);
  const before = known.get(of);
  if (before !== undefined) return before;
  const { workloadRef: _, ...rest } = spec;
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {};
  const isEmpty = Object.keys(matchLabels).length + matchExpressions.length === 0;
  const selector = isEmpty ? of.selector : spec.selector;
  const made = { ...rest, ...(selector && { selector }), template: of.template } as RolloutSpec;
  known.set(of, made);
  return made;
}

function notToBeHad(kind: string, name: string, found: FoundWorkload): Problem {
  const path = 'spec.workloadRef.name';
  const what = `${kind} "${name}"`;
  if (found !== 'unreadable') {
    return { path, message: `${what} not found; create it in the namespace of the Rollout`, isMissing: true };
  }
  const message = `${what} cannot be read: Rampart may not list and watch this kind; set rbac.workloadRef in the chart`;
  return { path, message };
}
