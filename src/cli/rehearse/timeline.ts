/** A scenario drawn in a few rows of characters: weight, failing requests and pods over time, a ruler, and where the marks are. */
import type { PlayedScenario, Sample } from '../../rehearsal/report.ts';
import type { Paint, Tone } from '../print/tone.ts';
import { clockTime, share, weightText } from './wording.ts';

export interface Drawing {
  /** Characters of a line. */
  readonly width: number;
  /** False draws with ASCII alone. */
  readonly blocks: boolean;
  readonly paint: Paint;
}

interface Row {
  readonly label: string;
  readonly tone: Tone;
  readonly most: number;
  readonly value: (sample: Sample) => number;
  readonly says: string;
}

const labelWidth = 10;
const saysWidth = 18;

/** Lines without an indent. */
export function timeline(scenario: PlayedScenario, drawing: Drawing): readonly string[] {
  const columns = Math.max(20, drawing.width - labelWidth - saysWidth);
  const end = lastSecond(scenario);
  const slots = slotsOf(scenario.samples, end, columns);
  const drawn = rowsOf(scenario).map(({ label, tone, most, value, says }) => {
    const levels = slots.map((samples) => Math.max(0, ...samples.map(value)) / (most === 0 ? 1 : most));
    return `${drawing.paint(label.padEnd(labelWidth), 'dim')}${drawing.paint(bars(levels, drawing.blocks), tone)}  ${says}`;
  });
  const indent = ' '.repeat(labelWidth);
  return [
    ...drawn,
    drawing.paint(`${indent}${ruler(end, columns)}`.trimEnd(), 'dim'),
    ...markRow(scenario, { end, columns }).map((row) => drawing.paint(`${indent}${row}`.trimEnd(), 'waiting')),
  ];
}

function lastSecond({ durationSeconds, samples }: PlayedScenario): number {
  return Math.max(1, durationSeconds, samples.at(-1)?.atSeconds ?? 0);
}

function rowsOf({ samples, mostPods }: PlayedScenario): readonly Row[] {
  const most = (value: (sample: Sample) => number) => Math.max(0, ...samples.map(value));
  const failing = (sample: Sample) => 1 - sample.successRatio;
  const old = ({ pods }: Sample) => pods.stable.ready + pods.other.ready;
  const fresh = ({ pods }: Sample) => pods.new.ready;
  const highest = Math.max(1, most(old), most(fresh), Math.min(mostPods, 1));
  const worst = most(failing);
  const oldCounts = samples.map(old);
  return [
    {
      label: 'weight',
      tone: 'busy',
      most: 100,
      value: ({ weight }) => weight,
      says: `to ${weightText(most(({ weight }) => weight))}`,
    },
    {
      label: 'failing',
      tone: 'bad',
      // A share that hurts is much smaller than the whole.
      most: Math.max(worst, 0.05),
      value: failing,
      says: worst === 0 ? 'none' : `to ${share(worst)}`,
    },
    {
      label: 'old pods',
      tone: 'good',
      most: highest,
      value: old,
      says: `${range(oldCounts)} ready`,
    },
    { label: 'new pods', tone: 'busy', most: highest, value: fresh, says: `to ${most(fresh)} ready` },
  ];
}

function range(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

/** The samples that hold in each column's time. */
function slotsOf(samples: readonly Sample[], end: number, columns: number): readonly (readonly Sample[])[] {
  return Array.from({ length: columns }, (_, column) => {
    const [from, until] = [(column / columns) * end, ((column + 1) / columns) * end];
    return samples.filter(
      ({ atSeconds }, index) => atSeconds < until && (samples[index + 1]?.atSeconds ?? Number.POSITIVE_INFINITY) > from,
    );
  });
}

const blockLevels = '▁▂▃▄▅▆▇█';
const asciiLevels = '.:-=+*#@';

/** Nothing is a space, so that the little that there is can be seen. */
function bars(levels: readonly number[], blocks: boolean): string {
  const characters = [...(blocks ? blockLevels : asciiLevels)];
  return levels
    .map((level) =>
      level <= 0 ? ' ' : (characters[Math.min(characters.length - 1, Math.ceil(level * characters.length) - 1)] ?? ' '),
    )
    .join('');
}

const tickEvery = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/** `|0:00     |5:00      |10:00` */
function ruler(end: number, columns: number): string {
  const room = 11;
  const every = tickEvery.find((step) => (step / end) * columns >= room) ?? end;
  const line = Array<string>(columns).fill(' ');
  for (let tick = 0; tick <= end; tick += every) {
    const at = Math.min(columns - 1, Math.floor((tick / end) * columns));
    const text = `|${clockTime(tick)}`;
    if (at + text.length > columns) break;
    for (const [offset, character] of [...text].entries()) line[at + offset] = character;
  }
  return line.join('');
}

function markRow(
  { marks }: PlayedScenario,
  { end, columns }: { readonly end: number; readonly columns: number },
): readonly string[] {
  if (marks.length === 0) return [];
  const line = Array<string>(columns).fill(' ');
  for (const { atSeconds } of marks) line[Math.min(columns - 1, Math.floor((atSeconds / end) * columns))] = '^';
  return [line.join('')];
}
