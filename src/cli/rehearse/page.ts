/**
 * A rehearsal as one HTML page that needs nothing from anywhere: its style and script are in it, its policy lets nothing else run or load, and what
 * comes from manifests is text.
 */
import { createHash } from 'node:crypto';
import type { LeftOpen, PlayedScenario, Rehearsal, RehearsedRollout } from '../../rehearsal/report.ts';
import { html, Markup } from './html.ts';
import { scenarioSection } from './page-scenario.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { count, failures, plural, timeToSafe } from './wording.ts';

export function rehearsalPage(rehearsal: Rehearsal): string {
  const names = rehearsal.rollouts.map(({ name }) => name).join(', ');
  const policy = `default-src 'none'; style-src '${digest(pageStyle)}'; script-src '${digest(pageScript)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Rehearsal of ${names}</title>
<style>${new Markup(pageStyle)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<main id="content">
${rehearsal.rollouts.map((rollout, index) => rolloutSection(rollout, index, index === 0 ? assumptions(rehearsal.assumptions) : html``))}
<footer><p>Played by <code>rampart rehearse</code> with the code that runs the cluster, on a virtual one. Times are counted from the moment the new version was applied.</p></footer>
</main>
<script>${new Markup(pageScript)}</script>
</body>
</html>
`;
  return page.text;
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function assumptions(sentences: readonly string[]): Markup {
  if (sentences.length === 0) return html``;
  return html`<details class="granted"><summary>Taken for granted, since no manifest says it: ${plural(sentences.length, 'thing')}</summary><ul>${sentences.map((one) => html`<li>${one}</li>`)}</ul></details>`;
}

function rolloutSection(rollout: RehearsedRollout, index: number, granted: Markup): Markup {
  const { namespace, name, strategy, findings, scenarios } = rollout;
  const id = (at: number) => `r${index}s${at}`;
  return html`<section>
<h1>Rehearsal of <span class="name">${name}</span></h1>
<p class="lead">Rollout in namespace ${namespace}, ${strategy}.</p>
${granted}
${figures(rollout)}
${table(scenarios, id)}
${leftOpen(findings)}
<h2>Scenarios over time</h2>
${scenarios.map((scenario, at) => scenarioSection(scenario, id(at)))}
</section>`;
}

function figures({ scenarios, findings }: RehearsedRollout): Markup {
  const badly = scenarios.filter(({ endsWell }) => !endsWell).length;
  const risks = findings.filter(({ level }) => level === 'risk').length;
  const byFailed = scenarios.toSorted((a, b) => b.failedRequests - a.failedRequests)[0];
  const bySafe = scenarios.filter(({ secondsToSafe }) => secondsToSafe !== undefined).toSorted((a, b) => safety(b) - safety(a))[0];
  const extra = scenarios.toSorted((a, b) => b.mostExtraPods - a.mostExtraPods)[0];
  const figure = (term: string, value: string, from: string | undefined) =>
    html`<div><dt>${term}</dt><dd>${value}${from === undefined ? html`` : html`<small>${from}</small>`}</dd></div>`;
  return html`<dl class="figures">
${figure('Scenarios that end well', `${scenarios.length - badly} of ${scenarios.length}`, undefined)}
${figure('Left open', plural(risks, 'risk'), `${findings.length - risks} advice`)}
${byFailed === undefined ? html`` : figure('Failed requests at worst', count(byFailed.failedRequests), byFailed.failedRequests > 0 ? byFailed.name : undefined)}
${bySafe === undefined ? html`` : figure('Until users are safe, at worst', timeToSafe(bySafe), bySafe.name)}
${extra === undefined ? html`` : figure('Extra pods at most', count(extra.mostExtraPods), extra.mostExtraPods > 0 ? extra.name : undefined)}
</dl>`;
}

function safety({ secondsToSafe }: PlayedScenario): number {
  return secondsToSafe ?? Number.POSITIVE_INFINITY;
}

function table(scenarios: readonly PlayedScenario[], id: (index: number) => string): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All scenarios"><table class="scenarios">
<thead><tr><th scope="col">Ends well</th><th scope="col">Scenario</th><th scope="col">Ends</th><th scope="col" class="number">Users safe in</th><th scope="col" class="number">Failed requests</th><th scope="col" class="number">Pods at most</th><th scope="col" class="number">Extra</th></tr></thead>
<tbody>${scenarios.map(
    (
      scenario,
      index,
    ) => html`<tr><td>${verdict(scenario)}</td><th scope="row"><a class="name" href="#${id(index)}">${scenario.name}</a></th><td>${scenario.ending}</td><td class="number">${timeToSafe(scenario)}</td><td class="number">${failures(scenario)}</td><td class="number">${count(scenario.mostPods)}</td><td class="number">${scenario.mostExtraPods > 0 ? `+${count(scenario.mostExtraPods)}` : '0'}</td></tr>
`,
  )}</tbody></table></div>`;
}

function verdict({ endsWell }: PlayedScenario): Markup {
  return endsWell ? html`<span class="badge ok">✓ ok</span>` : html`<span class="badge bad">✗ not ok</span>`;
}

function leftOpen(findings: readonly LeftOpen[]): Markup {
  if (findings.length === 0) return html`<h2>Left open</h2><p>Nothing that the rules know of.</p>`;
  return html`<h2>Left open</h2><ul class="findings">${findings.map(
    ({
      rule,
      level,
      where,
      says,
      change,
    }) => html`<li class="${level}"><p><span class="badge ${level === 'risk' ? 'bad' : 'warn'}">${level}</span> <code>${rule}</code></p><p class="where">${where}</p><p>${says}</p><p class="change">${change}</p></li>
`,
  )}</ul>`;
}
