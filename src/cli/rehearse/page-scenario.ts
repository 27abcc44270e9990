/** One scenario of the page: what it is in a line, its figures, its chart, and what happened in a table. Open where it did not end well. */
import type { PlayedScenario } from '../../rehearsal/report.ts';
import { chart } from './chart.ts';
import { html, type Markup } from './html.ts';
import { storyOf } from './story.ts';
import { clockTime, count, failures, plural, seconds, share, timeToSafe, weightText } from './wording.ts';

/** More rows are for -o json. */
const mostRows = 100;
const hint = 'Move over the chart, or focus it and use the arrow keys, to read values.';

export function scenarioSection(scenario: PlayedScenario, id: string): Markup {
  const { name, title, why, endsWell, ending, samples } = scenario;
  const badge = endsWell ? html`<span class="badge ok">✓ ok</span>` : html`<span class="badge bad">✗ not ok</span>`;
  const drawn =
    samples.length === 0
      ? html``
      : html`<div class="scroll" tabindex="0" role="group" aria-label="Chart of ${name}; arrow keys read values">${chart(scenario, `${id}c`)}</div><p class="read" aria-live="polite" data-hint="${hint}">${hint}</p>`;
  return html`<details class="scenario" id="${id}"${endsWell ? html`` : html` open`}>
<summary>${badge}<h3 class="name">${name}</h3><span class="soft">${ending}${failed(scenario)}</span></summary>
<div class="inside">
<p>${title}</p><p>${why}</p>
${drawn}
${facts(scenario)}
${story(scenario)}
</div></details>
`;
}

function failed(scenario: PlayedScenario): string {
  const time = timeToSafe(scenario);
  const safe = time === '-' ? '' : time === 'never' ? ', users not safe by the end' : `, users safe in ${time}`;
  return `, failed: ${failures(scenario)}${safe}`;
}

function facts({ requests, failedRequests, failedAtWeight, phase, message, seed, durationSeconds }: PlayedScenario): Markup {
  const byWeight = failedAtWeight
    .filter((one) => one.failed > 0)
    .map((one) => `${count(one.failed)} of ${count(one.requests)} at ${weightText(one.weight)}`)
    .join(', ');
  const ratio = failedRequests > 0 ? ` (${share(failedRequests / Math.max(1, requests))})` : '';
  return html`<p class="soft">${plural(requests, 'request')} in ${seconds(durationSeconds)}, ${count(failedRequests)} failed${ratio}${byWeight === '' ? '' : `: ${byWeight}`}. Seed ${seed}.</p>
<p class="soft">Status at the end: ${phase}${message === '' ? '' : `, ${message}`}</p>`;
}

function story(scenario: PlayedScenario): Markup {
  const all = storyOf(scenario);
  const marks = all.filter(({ kind }) => kind === 'mark');
  const rows = all.slice(0, mostRows).map((moment) => {
    const { atSeconds, kind, reason, text } = moment;
    const what = kind === 'mark' ? html`<span class="no">${marks.indexOf(moment) + 1}</span>done to the world` : html`${reason}`;
    return html`<tr class="${kind}"><td>${clockTime(atSeconds)}</td><td>${what}</td><td>${text}</td></tr>
`;
  });
  if (rows.length === 0) return html``;
  const left = all.length > mostRows ? html`<p class="soft">And ${all.length - mostRows} more, which -o json has.</p>` : html``;
  return html`<div class="scroll"><table class="story"><caption hidden>What happened, and when</caption><tbody>${rows}</tbody></table></div>${left}`;
}
