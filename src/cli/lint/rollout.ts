/** What lint says of one Rollout: everything that the controller would refuse, unknown fields, and what is allowed and seldom meant. */
import { decodeRollout } from '../../api/decode.ts';
import { parseIntOrPercent } from '../../api/int-or-percent.ts';
import type { Rollout } from '../../api/rollout.ts';
import { rolloutProblems } from '../../core/rollout/problems.ts';
import type { ObjectsAtHand } from '../observed.ts';
import { error, type Remark, warning } from './finding.ts';
import type { Placed } from './manifests.ts';
import { unknownFields } from './unknown-fields.ts';

export interface Judging {
  readonly at: ObjectsAtHand;
  /** True where everything that there is is at hand, as in a cluster: what is missing then is missing. */
  readonly isComplete: boolean;
  /** Kinds of which the files have at least one in that namespace. */
  readonly kindsIn: (namespace: string) => ReadonlySet<string>;
  /** Judge every namespace as one of production. */
  readonly production: boolean;
}

export function rolloutRemarks(placed: Placed, judging: Judging): readonly Remark[] {
  const { rollout } = decodeRollout(placed.object);
  const observed = judging.at.observe(placed.object as unknown as Rollout);
  const problems = rolloutProblems(observed);
  const unknown = unknownFields(placed.object.spec, rollout.spec, ['spec'], problems);
  const kinds = judging.kindsIn(placed.namespace);
  const refused = problems.flatMap((problem): readonly Remark[] => {
    if (problem.isMissing !== true || judging.isComplete) return [error(problem.path, problem.message)];
    // A file need not hold everything; one that holds Services, and not this one, probably has another name for it.
    return [...kinds].some((kind) => problem.message.startsWith(kind))
      ? [warning(problem.path, `${problem.message}; it is in none of these files`)]
      : [];
  });
  const remarks = [...refused, ...unknown.map(({ path, message }) => error(path, message))];
  return [...remarks, ...strategyWarnings(rollout, isProduction(placed, judging))];
}

function isProduction({ namespace, object }: Placed, { production }: Judging): boolean {
  const environment = Object.entries(object.metadata.labels ?? {}).find(([key]) =>
    /(?:^|[/.-])(?:env|environment|stage)$/.test(key),
  )?.[1];
  return production || /prod/i.test(namespace) || /^prod/i.test(environment ?? '');
}

function strategyWarnings({ spec }: Rollout, production: boolean): readonly Remark[] {
  const { canary, blueGreen } = spec.strategy ?? {};
  const remarks: Remark[] = [];
  if (canary !== undefined && production && isRecreate(canary, spec.replicas ?? 1)) {
    remarks.push(
      warning(
        'spec.strategy.canary',
        'takes all pods away before new ones come (no steps, maxSurge 0, maxUnavailable 100%): users meet nothing meanwhile',
      ),
    );
  }
  if ((canary !== undefined || blueGreen !== undefined) && !measures(spec)) {
    remarks.push(
      warning(
        'spec.strategy',
        'has no analysis: a bad version is taken back only by a person, or by progressDeadlineAbort where its pods do not start',
      ),
    );
  }
  for (const [index, step] of (canary?.steps ?? []).entries()) {
    if (step.pause !== undefined && (step.pause.duration === undefined || step.pause.duration === ''))
      remarks.push(warning(`spec.strategy.canary.steps[${index}].pause`, 'has no duration: it waits until a person promotes'));
  }
  if (blueGreen?.autoPromotionEnabled === false && (blueGreen.autoPromotionSeconds ?? 0) <= 0) {
    remarks.push(warning('spec.strategy.blueGreen.autoPromotionEnabled', 'is false: a new version waits until a person promotes'));
  }
  return remarks;
}

type Canary = NonNullable<NonNullable<Rollout['spec']['strategy']>['canary']>;

/** Old pods may all go before a new one comes. */
function isRecreate({ steps, maxSurge, maxUnavailable }: Canary, replicas: number): boolean {
  if ((steps ?? []).length > 0 || maxSurge === undefined || maxUnavailable === undefined) return false;
  const [surge, unavailable] = [parseIntOrPercent(maxSurge), parseIntOrPercent(maxUnavailable)];
  if (surge.kind === 'error' || unavailable.kind === 'error' || surge.value !== 0) return false;
  return unavailable.kind === 'percent' ? unavailable.value >= 100 : unavailable.value >= replicas;
}

function measures({ strategy }: Rollout['spec']): boolean {
  const { canary, blueGreen } = strategy ?? {};
  const all = [
    canary?.analysis,
    blueGreen?.prePromotionAnalysis,
    blueGreen?.postPromotionAnalysis,
    ...(canary?.steps ?? []).map(({ analysis }) => analysis),
  ];
  const experiments = (canary?.steps ?? []).some(({ experiment }) => (experiment?.analyses ?? []).length > 0);
  return experiments || all.some((analysis) => (analysis?.templates ?? []).length > 0);
}
