/** The chart of a scenario as SVG: weight, success and pods over one time axis, with what was done and told at its foot. Times run to the right. */
import type { PlayedScenario, Sample } from '../../rehearsal/report.ts';
import { band, type Frame, frameOf, label, line, panel, stepPath, timeAxis } from './chart-parts.ts';
import { html, type Markup } from './html.ts';
import { storyOf } from './story.ts';
import { clockTime, count, failures, share, timeToSafe, weightText } from './wording.ts';

/** Flags of marks have the room above the first title. */
const [top, height, gap] = [48, 88, 34];
const panelTop = (index: number) => top + index * (height + gap);
const foot = panelTop(2) + height + 16;
const size = { width: 760, height: foot + 40 };

/** `id` is unique on the page and made of letters and digits. */
export function chart(scenario: PlayedScenario, id: string): Markup {
  const frame = frameOf(scenario, size.width);
  return html`<svg id="${id}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-labelledby="${id}t ${id}d" class="chart"
 data-left="${frame.left}" data-right="${frame.right}" data-end="${frame.end}" data-samples="${data(scenario)}">
<title id="${id}t">${scenario.name}: weight, success and pods over time</title>
<desc id="${id}d">${description(scenario)}</desc>
${markLines(scenario, frame)}
${weightPanel(scenario, frame)}
${successPanel(scenario, frame)}
${podsPanel(scenario, frame)}
${moments(scenario, frame)}
${timeAxis(frame, foot + 8)}
<line class="cursor" x1="-9" x2="-9" y1="${top - 28}" y2="${foot}"/>
</svg>`;
}

function weightPanel({ samples }: PlayedScenario, frame: Frame): Markup {
  const at = { top: panelTop(0), height, least: 0, most: 100 };
  const last = samples.at(-1)?.weight ?? 0;
  return html`${panel(frame, { ...at, title: 'Weight of the new version', ticks: [0, 50, 100], unit: '%' })}
<path class="new area" d="${stepPath(samples, (sample) => sample.weight, { frame, scale: at, closed: true })}"/>
<path class="new line" d="${stepPath(samples, (sample) => sample.weight, { frame, scale: at })}"/>
${label(frame, at, [{ value: last, text: weightText(last), tone: 'new' }])}`;
}

const floors = [0.99, 0.98, 0.95, 0.9, 0.8, 0.5, 0];

function successPanel({ samples }: PlayedScenario, frame: Frame): Markup {
  const worst = Math.min(1, ...samples.map(({ successRatio, newSuccessRatio }) => Math.min(successRatio, newSuccessRatio ?? 1)));
  const least = (floors.find((floor) => floor < worst - 0.0001) ?? 0) * 100;
  const at = { top: panelTop(1), height, least, most: 100 };
  const all = (sample: Sample) => sample.successRatio * 100;
  const fresh = (sample: Sample) => (sample.newSuccessRatio === undefined ? undefined : sample.newSuccessRatio * 100);
  const asked = samples.findLast(({ newSuccessRatio }) => newSuccessRatio !== undefined);
  const now = samples.at(-1);
  const labels = [
    ...(now === undefined ? [] : [{ value: all(now), text: `all ${share(now.successRatio)}`, tone: 'all' as const }]),
    ...(asked?.newSuccessRatio === undefined
      ? []
      : [{ value: asked.newSuccessRatio * 100, text: `new ${share(asked.newSuccessRatio)}`, tone: 'new' as const }]),
  ];
  return html`${panel(frame, { ...at, title: 'Requests answered well', ticks: [least, (least + 100) / 2, 100], unit: '%' })}
<path class="bad area" d="${stepPath(samples, all, { frame, scale: at, closed: true, base: 100 })}"/>
<path class="new line dashed" d="${stepPath(samples, fresh, { frame, scale: at })}"/>
<path class="all line" d="${stepPath(samples, all, { frame, scale: at })}"/>
${label(frame, at, labels)}`;
}

function podsPanel({ samples }: PlayedScenario, frame: Frame): Markup {
  const totals = samples.map(({ pods }) => pods.stable.total + pods.new.total + pods.other.total);
  const most = niceTop(Math.max(1, ...totals));
  const at = { top: panelTop(2), height, least: 0, most };
  const stable = ({ pods }: Sample) => pods.stable.ready;
  const fresh = (sample: Sample) => stable(sample) + sample.pods.new.ready;
  const other = (sample: Sample) => fresh(sample) + sample.pods.other.ready;
  const total = ({ pods }: Sample) => pods.stable.total + pods.new.total + pods.other.total;
  const last = samples.at(-1)?.pods;
  const labels =
    last === undefined
      ? []
      : [
          { value: last.stable.ready / 2, text: `stable ${last.stable.ready}`, tone: 'stable' as const },
          { value: last.stable.ready + last.new.ready / 2, text: `new ${last.new.ready}`, tone: 'new' as const },
          ...(samples.some(({ pods }) => pods.other.total > 0)
            ? [
                {
                  value: last.stable.ready + last.new.ready + last.other.ready / 2,
                  text: `other ${last.other.ready}`,
                  tone: 'other' as const,
                },
              ]
            : []),
        ];
  return html`${panel(frame, { ...at, title: 'Pods that are ready, one on the other; all pods as a line', ticks: [0, most / 2, most], unit: '' })}
${band(samples, { frame, scale: at, tone: 'stable', from: () => 0, to: stable })}
${band(samples, { frame, scale: at, tone: 'new', from: stable, to: fresh })}
${band(samples, { frame, scale: at, tone: 'other', from: fresh, to: other })}
<path class="total line" d="${stepPath(samples, total, { frame, scale: at })}"/>
${label(frame, at, labels)}`;
}

/** Even, so that its half is a number of pods. */
function niceTop(most: number): number {
  const step = most <= 10 ? 2 : most <= 50 ? 10 : most <= 200 ? 20 : 100;
  return Math.ceil(most / step) * step;
}

function markLines({ marks }: PlayedScenario, frame: Frame): readonly Markup[] {
  return marks.map(({ atSeconds, text }, index) => {
    const x = frame.x(atSeconds);
    return html`<g class="mark"><title>${clockTime(atSeconds)} ${text}</title>${line(x, 20, foot)}<circle cx="${x}" cy="11" r="9"/><text x="${x}" y="15">${index + 1}</text></g>`;
  });
}

function moments(scenario: PlayedScenario, frame: Frame): readonly Markup[] {
  return storyOf(scenario)
    .filter(({ kind }) => kind !== 'mark')
    .map(({ atSeconds, kind, reason, text }) => {
      const x = frame.x(atSeconds);
      const shape =
        kind === 'warning' ? html`<path d="M${x} ${foot - 5}l5 5-5 5-5-5z"/>` : html`<circle cx="${x}" cy="${foot}" r="3"/>`;
      return html`<g class="moment ${kind}"><title>${clockTime(atSeconds)} ${reason}: ${text}</title>${shape}</g>`;
    });
}

/** For whoever hears the page: what the chart shows in sentences. */
function description(scenario: PlayedScenario): string {
  const { samples, ending, mostPods } = scenario;
  const weights = samples.map(({ weight }) => weight).filter((weight, index, all) => weight !== all[index - 1]);
  const worst = Math.min(1, ...samples.map(({ successRatio }) => successRatio));
  return `Weight goes ${weights.slice(0, 20).map(weightText).join(', ')}. At worst ${share(worst)} of the requests are answered well; failed: ${failures(scenario)}. At most ${count(mostPods)} pods. Ends ${ending}; time to safe: ${timeToSafe(scenario)}.`;
}

/** What the script shows under the pointer: rows of time, weight, success of all and of the new version in percent, pods ready, step, phase. */
function data({ samples }: PlayedScenario): string {
  const rounded = (value: number) => Number(value.toFixed(3));
  return JSON.stringify(
    samples.map(({ atSeconds, weight, successRatio, newSuccessRatio, pods, step, phase }) => [
      rounded(atSeconds),
      weightText(weight),
      share(successRatio),
      newSuccessRatio === undefined ? '' : share(newSuccessRatio),
      pods.stable.ready,
      pods.new.ready,
      pods.other.ready,
      step ?? '',
      phase,
    ]),
  );
}
