import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import {
  goodScenario,
  madeRehearsal,
  madeScenario,
  takenBackScenario,
  unnoticedScenario,
} from '../../../test/support/made-rehearsal.ts';
import type { PlayedScenario, Rehearsal } from '../../rehearsal/report.ts';
import { html } from './html.ts';
import { rehearsalPage } from './page.ts';

const page = rehearsalPage(madeRehearsal);

function rehearsalOf(...scenarios: readonly PlayedScenario[]): Rehearsal {
  return { ...madeRehearsal, rollouts: madeRehearsal.rollouts.map((one) => ({ ...one, scenarios })) };
}

function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start) + start.length;
  return text.slice(from, text.indexOf(end, from));
}

test('the page lets nothing be loaded or run but what is in it', () => {
  const policy = between(page, 'http-equiv="Content-Security-Policy" content="', '"').replaceAll('&#39;', "'");
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `style-src ${hash(between(page, '<style>', '</style>'))}`,
    `script-src ${hash(between(page, '<script>', '</script>'))}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  // What the policy would refuse: attributes with style or script, and anything from elsewhere.
  expect(page).not.toMatch(/<[^>]*\s(?:style|on\w+|src)=/);
  expect(page).not.toMatch(/https?:|url\(|@import/);
});

test('its script is one that can be parsed', () => {
  expect(() => new Script(between(page, '<script>', '</script>'))).not.toThrow();
});

test('hostile names and messages stay text', () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'\`&lt;\u001b[2J</title></style><!--`;
  const marks = [{ atSeconds: 1, text: hostile }];
  const events = [{ atSeconds: 1, type: 'Warning' as const, reason: hostile, message: hostile }];
  const scenario = {
    ...unnoticedScenario,
    name: hostile,
    title: hostile,
    why: hostile,
    phase: hostile,
    message: hostile,
    marks,
    events,
  };
  const text = rehearsalPage({
    assumptions: [hostile],
    rollouts: [
      {
        namespace: hostile,
        name: hostile,
        strategy: 'canary',
        findings: [{ rule: hostile, level: 'risk', where: hostile, says: hostile, change: hostile }],
        scenarios: [{ ...scenario, samples: scenario.samples.map((sample) => ({ ...sample, phase: hostile })) }],
      },
    ],
  });
  const tags = (of: string) => [...new Set([...of.matchAll(/<(\/?[a-zA-Z!][^\s>]*)/g)].map(([, tag]) => tag))].toSorted();
  expect(tags(text).filter((tag) => !tags(page).includes(tag))).toEqual([]);
  expect(text.match(/<script/g)).toHaveLength(1);
  expect(text.replaceAll(/"[^"]*"/g, '')).not.toMatch(/<[^>]*\son\w+=/);
  expect(text).not.toContain('\u001b');
});

test('the table names every scenario and leads to its chart', () => {
  for (const [index, name] of ['good', 'errors-at-step=1', 'errors-above-weight=40'].entries()) {
    expect(page).toContain(`href="#r0s${index}">${name}</a>`);
    expect(page).toContain(`<details class="scenario" id="r0s${index}"`);
  }
});

test('what did not end well is open, the rest is closed', () => {
  expect(page.match(/<details class="scenario" id="[^"]+" open>/g)).toEqual(['<details class="scenario" id="r0s2" open>']);
});

test('ids are there once, and what refers to one finds it', () => {
  const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const named = [...page.matchAll(/(?:aria-labelledby|href)="#?([^"]+)"/g)].flatMap(([, list = '']) => list.split(' '));
  for (const id of named) expect(ids).toContain(id);
});

test('every chart says in words what it shows', () => {
  const svgs = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
  expect(svgs).toHaveLength(3);
  for (const svg of svgs)
    expect(svg).toMatch(/role="img" aria-labelledby="\w+ \w+"[\s\S]*<title[^>]*>.+<\/title>\n<desc[^>]*>Weight goes 0 %, 10 %/);
  expect(svgs[1]).toContain('Weight goes 0 %, 10 %, 0 %. At worst 98 % of the requests are answered well; failed: 181 at 10 %.');
});

test('lines of the chart go where their values are', () => {
  const [svg = ''] = rehearsalPage(rehearsalOf(takenBackScenario)).match(/<svg[\s\S]*?<\/svg>/) ?? [];
  const weight = between(svg, 'class="new line" d="', '"');
  // 245 s on 616 of the paper's units: up at 4 s, down at 185 s.
  expect(weight).toBe('M48 136H58.1V127.2H359.8H513.1V136H664');
  const success = between(svg, 'class="new line dashed" d="', '"');
  expect(success).toMatch(/^M58\.1 \d+/);
  expect(success).toMatch(/H513\.1$/);
});

test('numbers that are none, and scenarios without samples, draw nothing broken', () => {
  const still = madeScenario([{ seconds: 0, weight: 0, newPods: 0, newSuccess: 1, step: undefined, phase: '' }], {
    endsWell: false,
  });
  const text = rehearsalPage(rehearsalOf(still, madeScenario([]), goodScenario));
  for (const one of [text, page]) expect(one.slice(0, one.indexOf('<script>'))).not.toMatch(/NaN|undefined|Infinity|\[object/);
});

test('what nothing is left open in says so, and nothing is assumed in silence', () => {
  const text = rehearsalPage({ assumptions: [], rollouts: madeRehearsal.rollouts.map((one) => ({ ...one, findings: [] })) });
  expect(text).toContain('Nothing that the rules know of.');
  expect(text).not.toContain('Taken for granted');
  expect(page).toContain('Taken for granted, since no manifest says it: 2 things');
});

test('templates escape what is filled in, and not what they made', () => {
  expect(html`<p title="${'"<&'}">${[html`<b>${1}</b>`, '<i>', undefined]}</p>`.text).toBe(
    '<p title="&quot;&lt;&amp;"><b>1</b>&lt;i&gt;</p>',
  );
  expect(html`${' open'}${'a\u0007b'}`.text).toBe(' opena b');
});
