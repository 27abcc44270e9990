/**
 * What there was to see of a Rollout, without what may differ between two clusters that both do right: how pods that get ready interleave
 * with each other, namespaces, times. Hashes are the same, since they are made from templates.
 */
import type { Rollout } from '../../src/api/rollout.ts';
import type { Seen } from './two-worlds.ts';

export interface Story {
  /** Each state of the status that differs from the one before. */
  readonly statuses: readonly string[];
  /** The canary's share in the route, each that differs from the one before. */
  readonly weights: readonly number[];
  /** In their order; those of scaling apart. */
  readonly events: readonly string[];
  readonly scaling: readonly string[];
  readonly runs: readonly string[];
}

export function storyOf({ rollouts, routes, events, runs }: Seen): Story {
  return {
    statuses: distinct(rollouts.flatMap(statusLine)),
    weights: distinct(routes.flatMap(canaryWeight)),
    events: withoutRunning(events.map(withoutNamespace)).filter((event) => !scaled.test(event)),
    scaling: scalingOf(events),
    runs,
  };
}

/** While pods come and go, and until the gateway has taken a route, the status says for what it waits: who is first differs. */
const waiting =
  /^(?:more replicas need to be updated|updated replicas are still becoming available|old replicas are pending termination|active service cutover pending|waiting for all steps to complete)$/;
/** How soon the gateway speaks differs as well. */
const gatewayWords = /(?:: |; canary pods are kept until all traffic is back on stable: )HTTPRoute .*$/;

function statusLine({ status }: Rollout): readonly string[] {
  if (status?.phase === undefined) return [];
  const { phase, message = '', currentStepIndex, abort, stableRS, currentPodHash, canary, blueGreen } = status;
  const weights = canary?.weights;
  const facts = [
    `${phase}: ${wordsOf(message)}`,
    ...(currentStepIndex === undefined ? [] : [`step ${currentStepIndex}`]),
    ...(weights === undefined ? [] : [`weights ${weights.canary?.weight}/${weights.stable?.weight}`]),
    `stable ${stableRS}`,
    `current ${currentPodHash}`,
    ...(blueGreen?.activeSelector === undefined ? [] : [`active ${blueGreen.activeSelector}`]),
    ...(abort === true ? ['abort'] : []),
    ...(status.pauseConditions ?? []).map(({ reason }) => reason),
  ];
  return [facts.join(', ')];
}

function wordsOf(message: string): string {
  const words = message.replace(gatewayWords, '');
  return waiting.test(words) ? '(waiting)' : words;
}

type Route = Seen['routes'][number];

function canaryWeight({ spec, metadata }: Route): readonly number[] {
  const backends = (spec?.rules ?? []).flatMap(({ backendRefs }) => backendRefs ?? []);
  const weight = backends.find(({ name }) => name === `${metadata.name}-canary`)?.weight;
  return weight === undefined ? [] : [weight];
}

function withoutNamespace(event: string): string {
  return event.replaceAll(/\b(?:test-[0-9a-f]{8}|default)\//g, '<namespace>/');
}

/** Whether an analysis is seen before it is over depends on how soon its first answer comes. */
function withoutRunning(events: readonly string[]): readonly string[] {
  return events
    .filter((event) => !event.startsWith('Normal AnalysisRunRunning'))
    .map((event) => event.replace(/ Previous: '\w*'$/, ''));
}

const scaled = /^Normal ScalingReplicaSet: Scaled (?:up|down) ReplicaSet (\S+) .*from (\d+) to (\d+)$/;

/**
 * For each ReplicaSet the numbers between which it went, up or down. In how many steps, and between which other events, depends on how pods
 * of several ReplicaSets get ready.
 */
function scalingOf(events: readonly string[]): readonly string[] {
  const courses = new Map<string, number[]>();
  for (const event of events) {
    const [, replicaSet, from, to] = scaled.exec(event) ?? [];
    if (replicaSet === undefined) continue;
    const course = courses.get(replicaSet) ?? [Number(from)];
    courses.set(replicaSet, course);
    const [before = 0, last = 0] = [course.at(-2), course.at(-1)];
    const goesOn = course.length > 1 && Math.sign(last - before) === Math.sign(Number(to) - last);
    if (goesOn) course.pop();
    course.push(Number(to));
  }
  return [...courses].map(([replicaSet, course]) => `${replicaSet}: ${course.join(' ')}`).toSorted();
}

function distinct<T>(list: readonly T[]): readonly T[] {
  return list.filter((one, index) => one !== list[index - 1]);
}
