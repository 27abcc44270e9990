/** From manifests as they are to the stages of their Rollouts: what is missing is filled in, what a virtual cluster does not serve is kept aside, and both are told. */

import { definitions } from '../../api/crd/definitions.ts';
import { decodeRollout } from '../../api/decode.ts';
import { parseDuration, parsePauseDuration } from '../../api/duration.ts';
import type { KubeObject, Resource } from '../../api/kubernetes.ts';
import type { Rollout } from '../../api/rollout.ts';
import { builtinKinds, gatewayKinds } from '../../simulation/api-server/builtin-kinds.ts';
import { isTemplate, marked } from '../metrics/mark.ts';
import type { RehearsedRollout } from '../report.ts';
import type { Stage } from '../stage.ts';
import { isRollout, templateOf } from './complete.ts';
import { entryOf } from './entrances.ts';
import { fieldsAt, isFields, listAt, namespaceOf, textAt, withSpec } from './fields.ts';
import { containersOf, versionsOf } from './versions.ts';

export interface Intake {
  readonly stages: readonly Stage[];
  readonly assumptions: readonly string[];
}

/** Milliseconds that a Rollout may need beyond what it says: pods that come and go, gateways that answer. */
const slackMs = 10 * 60_000;
const defaultDeadlineMs = 600_000;
const served: readonly Resource[] = [
  ...definitions.map(({ resource }) => resource),
  ...[...builtinKinds, ...gatewayKinds].map(({ resource }) => resource),
];

/** Pauses of days are days of measurements as well. */
export const longestPauseMs = 3_600_000;

/** Objects are complete and well: `complete` and lint have seen them. Pauses above `mostPauseMs` are cut to it. */
export function stagesOf(objects: readonly KubeObject[], mostPauseMs = longestPauseMs): Intake {
  const assumptions: string[] = [];
  const assume = (sentence: string): void => {
    if (!assumptions.includes(sentence)) assumptions.push(sentence);
  };
  const aside = objects.filter((object) => resourceOf(object) === undefined);
  if (aside.length > 0)
    assume(
      `Left aside, since the virtual cluster has nothing that acts on them: ${[...new Set(aside.map(({ kind }) => kind))].sort().join(', ')}.`,
    );
  const kept = objects.filter((object) => resourceOf(object) !== undefined && !isDriven(object)).map(bare);
  const world = kept.map((object) => {
    if (isTemplate(object)) return marked(object, assume);
    return isRollout(object) ? withShortPauses(object, mostPauseMs, assume) : withData(object);
  });
  const rollouts = world.filter(isRollout);
  const stages = rollouts.flatMap((rollout) => {
    const others = world.filter((object) => !isRollout(object) && isNear(object, rollout));
    return stageOf(rollout, others, assume) ?? [];
  });
  if (rollouts.length > 1) assume('Each Rollout is rehearsed by itself, as if the others were not there.');
  return { stages, assumptions };
}

export function resourceOf({ apiVersion = 'v1', kind }: KubeObject): Resource | undefined {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return served.find((resource) => resource.kind === kind && resource.group === group);
}

/** Of what controllers make themselves, or what would run beside the Rollout for nothing. */
function isDriven({ kind = '', metadata }: KubeObject): boolean {
  if (['Namespace', 'Pod', 'Event', 'Lease', 'EndpointSlice', 'AnalysisRun'].includes(kind)) return true;
  return ['ReplicaSet', 'Job'].includes(kind) && (metadata.ownerReferences ?? []).length > 0;
}

function isNear(object: KubeObject, rollout: KubeObject): boolean {
  const namespace = namespaceOf(object);
  return namespace === '' || namespace === namespaceOf(rollout) || (object.kind ?? '').endsWith('Route');
}

/** Without what only a cluster writes. */
function bare(object: KubeObject): KubeObject {
  const { uid: _u, resourceVersion: _r, generation: _g, creationTimestamp: _c, ownerReferences: _o, ...metadata } = object.metadata;
  const { status: _s, ...rest } = object as KubeObject & { readonly status?: unknown };
  return { ...rest, metadata: metadata as KubeObject['metadata'] };
}

function withData(object: KubeObject): KubeObject {
  const texts = fieldsAt(object, 'stringData');
  if (object.kind !== 'Secret' || texts === undefined) return object;
  const coded = Object.entries(texts).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')] as const);
  return { ...object, data: { ...fieldsAt(object, 'data'), ...Object.fromEntries(coded) } } as KubeObject;
}

function withShortPauses(rollout: KubeObject, mostMs: number, assume: (sentence: string) => void): KubeObject {
  const canary = fieldsAt(rollout, 'spec', 'strategy', 'canary');
  if (canary === undefined) return rollout;
  const limit = `${mostMs / 1000}s`;
  let isCut = false;
  const steps = listAt(canary, 'steps').map((step, index) => {
    const pause = fieldsAt(step, 'pause');
    const written = pause?.duration;
    const lasts = typeof written === 'string' || typeof written === 'number' ? number(parsePauseDuration(written)) : 0;
    if (lasts <= mostMs) return step;
    isCut = true;
    assume(
      `Rollout ${rollout.metadata.name}: the pause of ${written} at step ${index} is rehearsed as one of ${limit}; --longest-pause changes that.`,
    );
    return { ...step, pause: { ...pause, duration: limit } };
  });
  if (!isCut) return rollout;
  return withSpec(rollout, { strategy: { ...fieldsAt(rollout, 'spec', 'strategy'), canary: { ...canary, steps } } });
}

function stageOf(object: KubeObject, others: readonly KubeObject[], assume: (sentence: string) => void): Stage | undefined {
  const { rollout } = decodeRollout(object);
  const found = templateOf(object, others);
  const image = containersOf(found?.template)[0]?.image;
  if (found === undefined || image === undefined) return undefined;
  const podLabels = found.template.metadata?.labels ?? {};
  const entry = entryOf({ rollout, podLabels, objects: others });
  for (const sentence of entry.assumptions) assume(sentence);
  const utilization = utilizationFor(object, others);
  if (utilization !== undefined)
    assume(`Autoscalers see Rollout ${rollout.metadata.name} used as much as they aim at, so that they leave its size alone.`);
  const { holder } = found;
  const text = JSON.stringify(rollout.spec.strategy ?? {});
  return {
    namespace: namespaceOf(object),
    name: rollout.metadata.name,
    strategy: strategyOf(rollout),
    replicas: rollout.spec.replicas ?? 1,
    objects: [...others, ...entry.madeUp, object],
    holder: { resource: resourceOf(holder) as Resource, name: holder.metadata.name, object: holder },
    images: versionsOf(image),
    entrances: entry.entrances,
    steps: rollout.spec.strategy?.canary?.steps?.length ?? 0,
    hasGatewayRoutes: entry.hasGatewayRoutes,
    asksPrometheus: text.includes('templateName') && others.some(asksPrometheus),
    services: servicesOf(others, podLabels),
    utilization,
    patienceMs: patienceOf(rollout, others),
  };
}

function asksPrometheus(object: KubeObject): boolean {
  return (
    isTemplate(object) && listAt(object, 'spec', 'metrics').some((metric) => isFields(fieldsAt(metric, 'provider', 'prometheus')))
  );
}

function servicesOf(objects: readonly KubeObject[], podLabels: Readonly<Record<string, string>>): readonly string[] {
  return objects.flatMap((object) => {
    const selector = Object.entries(fieldsAt(object, 'spec', 'selector') ?? {});
    const isOurs = object.kind === 'Service' && selector.length > 0 && selector.every(([key, value]) => podLabels[key] === value);
    return isOurs ? [object.metadata.name] : [];
  });
}

function utilizationFor(rollout: KubeObject, objects: readonly KubeObject[]): number | undefined {
  const scaler = objects.find(
    (one) => one.kind === 'HorizontalPodAutoscaler' && textAt(one, 'spec', 'scaleTargetRef', 'name') === rollout.metadata.name,
  );
  if (scaler === undefined) return undefined;
  const target = listAt(scaler, 'spec', 'metrics')
    .map((metric) => fieldsAt(metric, 'resource', 'target')?.averageUtilization)
    .find((value) => typeof value === 'number');
  return typeof target === 'number' ? target : 80;
}

function strategyOf({ spec }: Rollout): RehearsedRollout['strategy'] {
  const { canary, blueGreen } = spec.strategy ?? {};
  if (blueGreen !== undefined) return 'blue-green';
  if (canary?.trafficRouting !== undefined) return 'canary with routes';
  if ((canary?.steps ?? []).length > 0) return 'canary';
  return canary?.maxSurge === 0 && String(canary.maxUnavailable) === '100%' ? 'recreate' : 'rolling';
}

/** The longest of what it says it waits for, and what anything may take. */
function patienceOf({ spec }: Rollout, objects: readonly KubeObject[]): number {
  const { canary, blueGreen } = spec.strategy ?? {};
  const pauses = (canary?.steps ?? []).map(({ pause }) =>
    number(pause?.duration === undefined ? 0 : parsePauseDuration(pause.duration)),
  );
  const experiments = (canary?.steps ?? []).map(({ experiment }) => duration(experiment?.duration));
  const deadline = (spec.progressDeadlineSeconds ?? defaultDeadlineMs / 1000) * 1000;
  const analyses = objects.filter(isTemplate).flatMap((template) => listAt(template, 'spec', 'metrics').map(analysisMs));
  const promotion = (blueGreen?.autoPromotionSeconds ?? 0) * 1000;
  return Math.max(deadline, promotion, ...pauses, ...experiments, ...analyses) + slackMs;
}

function analysisMs(metric: object): number {
  const { interval, initialDelay, count } = metric as { interval?: unknown; initialDelay?: unknown; count?: unknown };
  return duration(initialDelay) + duration(interval) * Math.min(Number(count) || 1, 1000);
}

function duration(value: unknown): number {
  return typeof value === 'string' ? number(parseDuration(value)) : 0;
}

function number(parsed: number | object): number {
  return typeof parsed === 'number' ? Math.max(0, parsed) : 0;
}
