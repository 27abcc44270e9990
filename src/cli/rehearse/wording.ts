/** How the views word what a rehearsal says: times, counts and shares, and text from manifests without anything that could move a cursor. */
import { grouped } from '../../rehearsal/findings/rule.ts';
import type { PlayedScenario } from '../../rehearsal/report.ts';
import { lengthOf } from '../print/age.ts';

/** Text from manifests and messages on one line: control characters would let it paint over what others said. */
export function plainText(text: string): string {
  return text.replaceAll(/\p{Cc}+|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ').trim();
}

export function seconds(value: number): string {
  return value > 0 && value < 1 ? '<1s' : lengthOf(Math.round(value) * 1000);
}

/** `4:05`, `1:04:05` */
export function clockTime(value: number): string {
  const whole = Math.max(0, Math.round(value));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Requests come in parts of one, since traffic is a flow: less than one is said so, not rounded away. */
export function count(value: number): string {
  if (value > 0 && value < 1) return '<1';
  return grouped(value);
}

export function share(ratio: number): string {
  const value = ratio * 100;
  if (value > 0 && value < 0.01) return '<0.01 %';
  if (value < 100 && value >= 99.995) return '>99.99 %';
  return `${Number(value.toFixed(value > 1 && value < 99 ? 1 : 2))} %`;
}

export function weightText(weight: number): string {
  return `${Number(weight.toFixed(1))} %`;
}

/** JSON has no Infinity: null there. */
export function timeToSafe({ secondsToSafe }: Pick<PlayedScenario, 'secondsToSafe'>): string {
  if (secondsToSafe === undefined) return '-';
  return secondsToSafe === null || !Number.isFinite(secondsToSafe) ? 'never' : seconds(secondsToSafe);
}

/** `312 at 10 %`, `1,034 up to 50 %`, `none` */
export function failures({ failedRequests, failedAtWeight }: Pick<PlayedScenario, 'failedRequests' | 'failedAtWeight'>): string {
  if (failedRequests <= 0) return 'none';
  const weights = failedAtWeight.filter(({ failed }) => failed > 0).map(({ weight }) => weight);
  if (weights.length === 0) return count(failedRequests);
  const highest = weightText(Math.max(...weights));
  return `${count(failedRequests)} ${weights.length === 1 ? 'at' : 'up to'} ${highest}`;
}

export function plural(many: number, one: string, several = `${one}s`): string {
  return `${count(many)} ${many === 1 ? one : several}`;
}
