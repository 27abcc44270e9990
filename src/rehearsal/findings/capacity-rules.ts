/** Rules about pods that a release or its rollback takes away or needs, and about how long the way back stays open. */
import { parseIntOrPercent } from '../../api/int-or-percent.ts';
import type { KubeObject } from '../../api/kubernetes.ts';
import { duration, percent, type Rule } from './rule.ts';
import { namespaceOf, rolloutField, type Subject } from './subject.ts';

const canaryPath = 'spec.strategy.canary';

export const stableShrinks: Rule = (subject) => {
  const canary = subject.rollout.spec.strategy?.canary;
  if (canary?.dynamicStableScale !== true) return [];
  const highest = Math.max(0, ...(canary.steps ?? []).map(({ setWeight }) => setWeight ?? 0).filter((weight) => weight < 100));
  return [
    {
      level: 'risk',
      where: rolloutField(subject, `${canaryPath}.dynamicStableScale`),
      says: `The stable version gives its pods away as the weight rises: at ${percent(highest)} it keeps ${percent(100 - highest)} of them. A rollback then waits until new ones are ready, and users meet the bad version meanwhile.`,
      change:
        'Leave it off where a rollback must be at once; where it must stay, keep the last weights small and pods quick to start.',
    },
  ];
};

/** Endpoints travel to every node and gateway; kube-proxies and load balancers need up to this long. */
const leastDelaySeconds = 30;

export const shortScaleDownDelay: Rule = (subject) => {
  const { canary, blueGreen } = subject.rollout.spec.strategy ?? {};
  const written: readonly (readonly [string, number | undefined])[] = [
    [`${canaryPath}.scaleDownDelaySeconds`, canary?.scaleDownDelaySeconds],
    ['spec.strategy.blueGreen.scaleDownDelaySeconds', blueGreen?.scaleDownDelaySeconds],
  ];
  return written.flatMap(([path, seconds]) =>
    seconds === undefined || seconds >= leastDelaySeconds
      ? []
      : [
          {
            level: 'risk' as const,
            where: rolloutField(subject, path),
            says: `The pods of the version before go ${duration(seconds * 1000)} after the last user was sent elsewhere: nodes that have not heard of it yet send requests to nobody, and the way back starts from no pods.`,
            change: `Give it at least ${leastDelaySeconds}; more where a fault shows late.`,
          },
        ],
  );
};

/** Undefined for what cannot be read. */
function countOf(value: number | string | undefined, replicas: number, round: (value: number) => number): number | undefined {
  const parsed = parseIntOrPercent(value ?? '25%');
  if (parsed.kind === 'error') return undefined;
  return parsed.kind === 'percent' ? round((parsed.value / 100) * replicas) : parsed.value;
}

/** Pods that the strategy may take before others have come. */
function missing({ rollout, replicas }: Subject): number {
  const canary = rollout.spec.strategy?.canary;
  if (canary === undefined || canary.trafficRouting !== undefined) return 0;
  const surge = countOf(canary.maxSurge, replicas, Math.ceil) ?? 0;
  const unavailable = countOf(canary.maxUnavailable, replicas, Math.floor) ?? 0;
  return Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable);
}

export const allPodsAtOnce: Rule = (subject) => {
  if (subject.replicas === 0 || missing(subject) < subject.replicas) return [];
  const steps = subject.rollout.spec.strategy?.canary?.steps ?? [];
  if (steps.length > 0) return [];
  return [
    {
      level: 'risk',
      where: rolloutField(subject, `${canaryPath}.maxUnavailable`),
      says: `All ${subject.replicas} pods may go before a new one is ready, and once more when the release is taken back: users meet nobody meanwhile.`,
      change: 'maxSurge: 1 and maxUnavailable: 0, unless two versions must never run at once.',
    },
  ];
};

/** A quarter of the pods is what a busy service misses. */
const muchMissing = 0.25;

export const capacityTaken: Rule = (subject) => {
  const { replicas } = subject;
  const gone = missing(subject);
  if (replicas === 0 || gone / replicas < muchMissing || allPodsAtOnce(subject).length > 0) return [];
  const written = subject.rollout.spec.strategy?.canary?.maxUnavailable;
  return [
    {
      level: gone === replicas ? 'risk' : 'advice',
      where: rolloutField(subject, `${canaryPath}.maxUnavailable`),
      says: `${gone} of ${replicas} pods may be missing while the release or its rollback is under way (${written === undefined ? '25% if absent' : written}): the others carry ${percent((100 * replicas) / Math.max(1, replicas - gone))} of their load.`,
      change: 'maxUnavailable: 0, with a maxSurge above 0.',
    },
  ];
};

export const singlePod: Rule = (subject) => {
  if (subject.replicas !== 1) return [];
  return [
    {
      level: 'advice',
      where: rolloutField(subject, 'spec.replicas'),
      says: 'There is one pod: whenever it is moved, restarted or crashes, nobody answers, with or without a release.',
      change: 'Run two at least.',
    },
  ];
};

export const budgetAllowsNothing: Rule = (subject) => {
  const labels = subject.template?.metadata?.labels ?? {};
  return subject.objects
    .filter((one) => one.kind === 'PodDisruptionBudget')
    .flatMap((budget) => {
      const spec = (budget as KubeObject & { readonly spec?: Budget }).spec ?? {};
      const wanted = Object.entries(spec.selector?.matchLabels ?? {});
      const isOurs =
        namespaceOf(budget) === namespaceOf(subject.rollout) &&
        wanted.length > 0 &&
        wanted.every(([key, value]) => labels[key] === value);
      if (!isOurs || allows(spec, subject.replicas) > 0) return [];
      return [
        {
          level: 'advice' as const,
          where: `PodDisruptionBudget ${budget.metadata.name}: spec`,
          says: `It lets none of ${subject.replicas} pods be evicted: restarts by restartAt and drains of nodes wait for ever.`,
          change: 'maxUnavailable: 1, and more than one pod.',
        },
      ];
    });
};

interface Budget {
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

function allows({ minAvailable, maxUnavailable }: Budget, replicas: number): number {
  if (maxUnavailable !== undefined) return countOf(maxUnavailable, replicas, Math.ceil) ?? 1;
  if (minAvailable === undefined) return 1;
  return replicas - (countOf(minAvailable, replicas, Math.ceil) ?? 0);
}
