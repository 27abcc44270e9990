/** A rule looks at one Rollout and tells each hole of its kind; its name is given to it by the table that lists it. */
import type { LeftOpen } from '../report.ts';
import type { Subject } from './subject.ts';

export type Hole = Omit<LeftOpen, 'rule'>;

export type Rule = (subject: Subject) => readonly Hole[];

export function percent(weight: number): string {
  return `${Math.round(weight * 10) / 10} %`;
}

/** `90s`, `5m`, `1h30m`, as manifests write it. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60 || (seconds < 120 && seconds % 60 !== 0)) return `${seconds}s`;
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return `${hours === 0 ? '' : `${hours}h`}${minutes === 0 ? '' : `${minutes}m`}${rest === 0 ? '' : `${rest}s`}`;
}

/** `81,242` */
export function grouped(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
