/** Axes, step lines and labels of the charts: from seconds and values to places on the paper. Numbers only, so nothing here has to be escaped twice. */
import type { PlayedScenario, Sample } from '../../rehearsal/report.ts';
import { html, type Markup } from './html.ts';
import { clockTime } from './wording.ts';

export type Tone = 'new' | 'stable' | 'other' | 'all';

export interface Frame {
  readonly left: number;
  readonly right: number;
  /** Seconds at the right edge. */
  readonly end: number;
  readonly x: (seconds: number) => number;
}

export interface Scale {
  readonly top: number;
  readonly height: number;
  readonly least: number;
  readonly most: number;
}

const [left, rightMargin] = [48, 96];

export function frameOf({ durationSeconds, samples }: PlayedScenario, width: number): Frame {
  const end = Math.max(1, durationSeconds, samples.at(-1)?.atSeconds ?? 0);
  const right = width - rightMargin;
  return { left, right, end, x: (seconds) => round(left + (Math.min(end, Math.max(0, seconds)) / end) * (right - left)) };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function y({ top, height, least, most }: Scale, value: number): number {
  const part = (Math.min(most, Math.max(least, value)) - least) / (most - least || 1);
  return round(top + height - part * height);
}

interface Place {
  readonly frame: Frame;
  readonly scale: Scale;
  /** Down to the base line and back, as an area. */
  readonly closed?: boolean;
  readonly base?: number;
}

/** A value holds until the next sample; where it is undefined the line is lifted. */
export function stepPath(samples: readonly Sample[], value: (sample: Sample) => number | undefined, place: Place): string {
  const { frame, scale, closed = false, base = scale.least } = place;
  const parts: string[] = [];
  /** Where the pen is; undefined where it is lifted. */
  let pen: number | undefined;
  for (const [index, sample] of samples.entries()) {
    const at = value(sample);
    const from = frame.x(sample.atSeconds);
    const until = frame.x(samples[index + 1]?.atSeconds ?? frame.end);
    if (at === undefined) {
      pen = undefined;
      continue;
    }
    const level = y(scale, at);
    if (pen === undefined) parts.push(closed ? `M${from} ${y(scale, base)}V${level}` : `M${from} ${level}`);
    else if (pen !== level) parts.push(`V${level}`);
    parts.push(`H${until}`);
    pen = level;
  }
  if (closed && parts.length > 0) parts.push(`V${y(scale, base)}Z`);
  return parts.join('');
}

interface Band extends Pick<Place, 'frame' | 'scale'> {
  readonly tone: Tone;
  readonly from: (sample: Sample) => number;
  readonly to: (sample: Sample) => number;
}

/** An area between two step lines. */
export function band(samples: readonly Sample[], { frame, scale, tone, from, to }: Band): Markup {
  const rectangles = samples.flatMap((sample, index) => {
    const [x1, x2] = [frame.x(sample.atSeconds), frame.x(samples[index + 1]?.atSeconds ?? frame.end)];
    const [low, high] = [y(scale, from(sample)), y(scale, to(sample))];
    return x2 > x1 && low > high ? [`M${x1} ${low}V${high}H${x2}V${low}Z`] : [];
  });
  return rectangles.length === 0 ? html`` : html`<path class="${tone} band" d="${rectangles.join('')}"/>`;
}

export function line(x: number, from: number, to: number): Markup {
  return html`<line x1="${x}" x2="${x}" y1="${from}" y2="${to}"/>`;
}

export function panel(
  { left: from, right }: Frame,
  { title, ticks, unit, ...scale }: Scale & { readonly title: string; readonly ticks: readonly number[]; readonly unit: string },
): Markup {
  const lines = ticks.map((tick) => {
    const at = y(scale, tick);
    return html`<line class="grid" x1="${from}" x2="${right}" y1="${at}" y2="${at}"/><text class="tick" x="${from - 6}" y="${at + 4}">${Number(tick.toFixed(2))}${unit === '' ? '' : ` ${unit}`}</text>`;
  });
  return html`<text class="title" x="${from}" y="${scale.top - 8}">${title}</text>${lines}`;
}

/** Beside the right end of a line; those that would stand on each other are moved apart. */
export function label(
  { right }: Frame,
  scale: Scale,
  labels: readonly { readonly value: number; readonly text: string; readonly tone: Tone }[],
): readonly Markup[] {
  const room = 14;
  let lowest = scale.top + scale.height + room;
  return labels
    .map((one) => ({ ...one, at: y(scale, one.value) }))
    .toSorted((a, b) => b.at - a.at)
    .map(({ text, tone, at }) => {
      lowest = Math.min(at, lowest - room);
      return html`<text class="label ${tone}" x="${right + 8}" y="${round(lowest + 4)}">${text}</text>`;
    });
}

const tickEvery = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

export function timeAxis(frame: Frame, top: number): Markup {
  const { left: from, right, end } = frame;
  const every = tickEvery.find((step) => end / step <= 9) ?? end;
  const ticks = Array.from({ length: Math.floor(end / every) + 1 }, (_, index) => index * every);
  return html`<line class="axis" x1="${from}" x2="${right}" y1="${top}" y2="${top}"/>${ticks.map(
    (seconds) =>
      html`<line class="axis" x1="${frame.x(seconds)}" x2="${frame.x(seconds)}" y1="${top}" y2="${top + 4}"/><text class="time" x="${frame.x(seconds)}" y="${top + 17}">${clockTime(seconds)}</text>`,
  )}<text class="unit" x="${right + 92}" y="${top + 17}">${end >= 3600 ? 'h:min:s' : 'min:s'}</text>`;
}
