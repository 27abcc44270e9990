/** What CI may ask of a rehearsal, and what of that is broken, a line each. */
import type { PlayedScenario, RehearsedRollout } from '../../rehearsal/report.ts';
import { type CommandLine, textFlag, usageError } from '../command.ts';
import { countFlag, durationFlag } from '../read-flags.ts';

export interface Limits {
  readonly failedRequests: number | undefined;
  /** 0 to 1. */
  readonly failedRatio: number | undefined;
  readonly secondsToSafe: number | undefined;
  readonly extraPods: number | undefined;
  /** Findings of this level, or of a worse one, count as broken. */
  readonly failOn: 'risk' | 'advice' | undefined;
  /** Names of scenarios that need not end well. */
  readonly tolerated: readonly string[];
}

export function limitsOf(line: CommandLine): Limits {
  const safeMs = textFlag(line, 'max-time-to-safe') === undefined ? undefined : (durationFlag(line, 'max-time-to-safe') ?? 0);
  const failOn = textFlag(line, 'fail-on');
  return {
    failedRequests: countFlag(line, 'max-failed-requests'),
    failedRatio: ratioFlag(line, 'max-failed-ratio'),
    secondsToSafe: safeMs === undefined ? undefined : safeMs / 1000,
    extraPods: countFlag(line, 'max-extra-pods'),
    failOn: failOn === 'risk' || failOn === 'advice' ? failOn : undefined,
    tolerated: line.flags.get('tolerate') ?? [],
  };
}

/** `0.01` or `1%` */
function ratioFlag(line: CommandLine, name: string): number | undefined {
  const text = textFlag(line, name);
  if (text === undefined) return undefined;
  const [, digits, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const ratio = Number(digits) / (percent === '%' ? 100 : 1);
  if (digits === undefined || ratio > 1) throw usageError(`--${name} is a share such as 0.01 or 1%, not "${text}"`);
  return ratio;
}

export function broken(rollouts: readonly RehearsedRollout[], limits: Limits): readonly string[] {
  return rollouts.flatMap((rollout) => [
    ...rollout.scenarios.flatMap((played) =>
      brokenBy(played, limits).map((sentence) => `${rollout.name}, ${played.name}: ${sentence}`),
    ),
    ...rollout.findings
      .filter(({ level }) => limits.failOn !== undefined && (level === 'risk' || limits.failOn === 'advice'))
      .map(({ level, rule, where }) => `${rollout.name}: ${level} ${rule} at ${where}`),
  ]);
}

function brokenBy(played: PlayedScenario, limits: Limits): readonly string[] {
  const { name, requests, failedRequests, secondsToSafe, mostExtraPods } = played;
  if (limits.tolerated.some((one) => one === name || one === name.replace(/=.*/s, ''))) return [];
  const sentences: string[] = played.endsWell ? [] : [`does not end well. ${played.why}`];
  if (limits.failedRequests !== undefined && failedRequests > limits.failedRequests)
    sentences.push(`${failedRequests} requests failed, ${limits.failedRequests} are allowed`);
  const ratio = requests === 0 ? 0 : failedRequests / requests;
  if (limits.failedRatio !== undefined && ratio > limits.failedRatio)
    sentences.push(`${percent(ratio)} of the requests failed, ${percent(limits.failedRatio)} are allowed`);
  if (limits.secondsToSafe !== undefined && secondsToSafe !== undefined && secondsToSafe > limits.secondsToSafe)
    sentences.push(
      Number.isFinite(secondsToSafe)
        ? `users were safe after ${secondsToSafe} s, ${limits.secondsToSafe} s are allowed`
        : `users are not safe at the end, ${limits.secondsToSafe} s are allowed`,
    );
  if (limits.extraPods !== undefined && mostExtraPods > limits.extraPods)
    sentences.push(`${mostExtraPods} pods above spec.replicas, ${limits.extraPods} are allowed`);
  return sentences;
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 10_000) / 100} %`;
}
