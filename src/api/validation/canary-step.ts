/** What is wrong with one step of a canary. */
import { parsePauseDuration } from '../duration.ts';
import type { Problem } from '../problem.ts';
import type { CanaryStep, SetCanaryScale } from '../rollout.ts';
import { analysisProblems } from './analysis.ts';

export interface StepContext {
  readonly maxWeight: number;
  /** True with trafficRouting. */
  readonly routed: boolean;
}

const kinds = [
  'setWeight',
  'pause',
  'setCanaryScale',
  'analysis',
  'experiment',
  'setHeaderRoute',
  'setMirrorRoute',
  'plugin',
] as const;

export function stepProblems(step: CanaryStep, path: string, { maxWeight, routed }: StepContext): readonly Problem[] {
  const used = kinds.filter((kind) => step[kind] !== undefined);
  if (used.length === 0) return [{ path, message: `must have one of ${kinds.join(', ')}` }];
  if (used.length > 1) return [{ path, message: `must have only one of ${used.join(', ')}; make them steps of their own` }];
  const { setWeight, pause, setCanaryScale, analysis } = step;
  if (setWeight !== undefined && (setWeight < 0 || setWeight > maxWeight)) {
    return [{ path: `${path}.setWeight`, message: `must be from 0 to ${maxWeight}, got ${setWeight}` }];
  }
  if (pause?.duration !== undefined) return pauseProblems(pause.duration, `${path}.pause.duration`);
  if (setCanaryScale !== undefined) return scaleProblems(setCanaryScale, `${path}.setCanaryScale`, routed);
  if (analysis !== undefined) return stepAnalysisProblems(analysis, `${path}.analysis`);
  return [];
}

function pauseProblems(duration: number | string, path: string): readonly Problem[] {
  const ms = parsePauseDuration(duration);
  if (typeof ms !== 'number') {
    return [
      { path, message: `must be a number of seconds or a duration such as 30s, 5m or 1h30m, got ${JSON.stringify(duration)}` },
    ];
  }
  return ms < 0 ? [{ path, message: `must not be negative, got ${JSON.stringify(duration)}` }] : [];
}

function scaleProblems(scale: SetCanaryScale, path: string, routed: boolean): readonly Problem[] {
  const { weight, replicas, matchTrafficWeight } = scale;
  if (!routed) return [{ path, message: 'can only be used with trafficRouting: name a router, or take it out' }];
  const used = [weight !== undefined, replicas !== undefined, matchTrafficWeight === true].filter(Boolean).length;
  if (used !== 1) return [{ path, message: 'must have exactly one of weight, replicas and matchTrafficWeight: true' }];
  if (weight !== undefined && (weight < 0 || weight > 100)) {
    return [{ path: `${path}.weight`, message: `must be from 0 to 100, got ${weight}` }];
  }
  return replicas !== undefined && replicas < 0
    ? [{ path: `${path}.replicas`, message: `must not be negative, got ${replicas}` }]
    : [];
}

function stepAnalysisProblems(analysis: NonNullable<CanaryStep['analysis']>, path: string): readonly Problem[] {
  if ((analysis.templates ?? []).length > 0) return analysisProblems(analysis, path);
  return [{ path: `${path}.templates`, message: 'must name at least one template' }];
}
