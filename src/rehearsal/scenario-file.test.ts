import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readScenarioFile } from './scenario-file.ts';
import { fieldsAt, fieldsOfAction, plainActions } from './scenario-schema.ts';

const file = (...scenarios: readonly unknown[]) => stringify({ scenarios });

/** `line path: message` of everything that is wrong. */
function wrong(text: string): readonly string[] {
  const read = readScenarioFile(text);
  return 'problems' in read ? read.problems.map(({ line, path, message }) => `${line} ${path}: ${message}`) : [];
}

function scenarios(text: string) {
  const read = readScenarioFile(text);
  if ('problems' in read) throw new Error(wrong(text).join('\n'));
  return read.scenarios;
}

test('the example is read whole', () => {
  const read = scenarios(readFileSync('examples/scenarios/shop.yaml', 'utf8'));
  expect(read.map(({ name, expects }) => [name, expects])).toEqual([
    ['connections-run-out', 'taken-back'],
    ['cold-cache', 'completes'],
    ['everything-at-once', 'taken-back'],
  ]);
  expect(read[0]?.newVersion).toEqual({
    answers: [{ from: { seconds: 0 }, errorRatio: 0.12, growsOverSeconds: 120, aboveWeight: 40 }],
  });
  expect(read[2]).toMatchObject({
    promotesAfterSeconds: null,
    actions: [
      { when: { step: 1 }, action: { do: 'prometheus', health: 'down' } },
      { when: { seconds: 240 }, action: { do: 'kill-controller', backAfterSeconds: 20 } },
      { when: { seconds: 360 }, action: { do: 'prometheus', health: 'up' } },
    ],
  });
});

test.each([
  ['90s', { seconds: 90 }],
  [90, { seconds: 90 }],
  [{ step: 0 }, { step: 0 }],
  [{ weight: 50 }, { weight: 50 }],
  [{ weight: '50%' }, { weight: 50 }],
  [{ ofTheWay: '25%' }, { ofTheWay: 0.25 }],
])('a moment: %j', (at, when) => {
  expect(scenarios(file({ name: 'x', actions: [{ at, do: 'abort' }] }))[0]?.actions).toEqual([{ when, action: { do: 'abort' } }]);
});

test.each([
  ['never-ready', { kind: 'never-ready' }, 'safe'],
  [{ crashAfter: '20s' }, { kind: 'crash', afterSeconds: 20 }, 'safe'],
  [{ loseReadiness: { weight: 30 } }, { kind: 'lose-readiness', when: { weight: 30 } }, 'safe'],
  ['healthy', { kind: 'healthy' }, 'settles'],
])('pods: %j', (pods, fate, expects) => {
  expect(scenarios(file({ name: 'x', newVersion: { pods } }))[0]).toMatchObject({ newVersion: { pods: fate }, expects });
});

test.each([
  [
    { do: 'prometheus-slow', answersAfter: '20s' },
    { do: 'prometheus-slow', seconds: 20 },
  ],
  [
    { do: 'api-server-away', for: '1m' },
    { do: 'api-server', awayForSeconds: 60 },
  ],
  [{ do: 'kill-controller' }, { do: 'kill-controller', backAfterSeconds: 5 }],
  [
    { do: 'scale', times: 2 },
    { do: 'scale', times: 2 },
  ],
  [{ do: 'promote-in-full' }, { do: 'promote', full: true }],
  [{ do: 'gateway-accepts' }, { do: 'gateway', refuses: false }],
])('done: %j', (written, action) => {
  expect(scenarios(file({ name: 'x', actions: [{ at: 0, ...written }] }))[0]?.actions?.[0]?.action).toEqual(action);
});

const name = { name: 'x' };
const answer = (fields: object) => file({ ...name, newVersion: { answers: [fields] } });
const action = (fields: object) => file({ ...name, actions: [fields] });
const duration = 'must be a duration such as 30s, 5m or 1h30m';
const moment = 'must be a time behind the start such as 90s, or one of {step: 2}, {weight: 50}, {ofTheWay: 50%}';

test.each([
  ['', '1 : must be fields with values, got null'],
  ['- a', '1 : must be fields with values, got ["a"]'],
  ['scenario: []', '1 scenarios: is missing: a scenario file is a list of scenarios under this name'],
  ['scenarios: []', '1 scenarios: must hold one at least'],
  ['scenarios: [', '1 : Flow sequence in block collection must be sufficiently indented and end with a ]'],
  [file({}), '2 scenarios[0].name: is missing: must be a name of small letters, digits and dashes, such as payments-time-out'],
  [
    file({ name: 'Not Me' }),
    '2 scenarios[0].name: must be a name of small letters, digits and dashes, such as payments-time-out, got "Not Me"',
  ],
  [
    file({ ...name, tittle: 'x' }),
    '3 scenarios[0].tittle: is no field here; there are name, title, expects, newVersion, actions, promotesAfter',
  ],
  [
    file({ ...name, expects: 'abort' }),
    '3 scenarios[0].expects: must be one of completes, taken-back, safe, settles, gone, got "abort"',
  ],
  [file({ ...name, title: 7 }), '3 scenarios[0].title: must be text, got 7'],
  [file({ ...name, actions: 'abort' }), '3 scenarios[0].actions: must be a list, got "abort"'],
  [file({ ...name, promotesAfter: 'soon' }), `3 scenarios[0].promotesAfter: ${duration}, got "soon"`],
  [
    file({ ...name, newVersion: { pods: 'dead' } }),
    '4 scenarios[0].newVersion.pods: must be one of never-start, never-ready, {crashAfter: 20s}, {loseReadiness: 5m}, got "dead"',
  ],
  [
    file({ ...name, newVersion: { pods: { crashAfter: 'x' } } }),
    `5 scenarios[0].newVersion.pods: crashAfter ${duration}, got {"crashAfter":"x"}`,
  ],
  [
    answer({}),
    '5 scenarios[0].newVersion.answers[0]: says nothing of the answers: write errors, such as 20%, or median, such as 3s',
  ],
  [answer({ errors: 20 }), '5 scenarios[0].newVersion.answers[0].errors: must be a share such as 20% or 0.2, got 20'],
  [
    answer({ median: '3s', growsOver: '1m' }),
    '6 scenarios[0].newVersion.answers[0].growsOver: needs errors: the share that is grown to',
  ],
  [
    answer({ errors: 1, aboveWeight: 120 }),
    '6 scenarios[0].newVersion.answers[0].aboveWeight: must be a weight in percent, from 0 to 100, got 120',
  ],
  [answer({ errors: 1, from: { steps: 1 } }), `7 scenarios[0].newVersion.answers[0].from: ${moment}, got {"steps":1}`],
  [
    answer({ errors: 1, from: { step: 1.5 } }),
    '7 scenarios[0].newVersion.answers[0].from: step must be an index, counted from 0, got {"step":1.5}',
  ],
  [action({ do: 'abort' }), `4 scenarios[0].actions[0].at: is missing: ${moment}`],
  [action({ at: '1m', do: 'explode' }), '5 scenarios[0].actions[0].do: must be one of prometheus-up, prometheus-down'],
  [action({ at: '1m' }), '4 scenarios[0].actions[0].do: must be one of prometheus-up, prometheus-down'],
  [action({ at: '1m', do: 'scale' }), '4 scenarios[0].actions[0].times: is missing: must be a number above 0, such as 2'],
  [action({ at: '1m', do: 'scale', times: 2, by: 1 }), '7 scenarios[0].actions[0].by: is no field here; there are at, do, times'],
  [file(name, name), '4 scenarios[1].name: "x" is the name of scenarios[0] too; each needs one of its own'],
  [file({ name: 'good' }), '2 scenarios[0].name: "good" is the name of a scenario that is there already; take another one'],
])('%j is told: %s', (text, message) => {
  expect(wrong(text).join('\n')).toContain(message);
});

test('everything that is wrong is told at once', () => {
  expect(wrong(file({ name: 'X', expects: 'x' }, { name: 'y', actions: [{ at: 'x', do: 'abort' }] }))).toHaveLength(3);
});

test('aliases cannot make a little text very large', () => {
  const bomb = `a: &a [${'x, '.repeat(10)}x]\n${'bcdef'
    .split('')
    .map((key, index) => `${key}: &${key} [${`*${'abcde'[index]}, `.repeat(10)}*${'abcde'[index]}]`)
    .join('\n')}\nscenarios: *f\n`;
  expect(wrong(bomb).join()).toContain('alias');
});

test('the reference names every field and every action', () => {
  const page = readFileSync('docs/reference/scenario-files.md', 'utf8');
  const fields = Object.values({ ...fieldsAt, ...fieldsOfAction }).flat();
  for (const word of [...fields, ...Object.keys(plainActions), ...Object.keys(fieldsOfAction)])
    expect(page).toMatch(new RegExp(`[\`.]${word}[\`.]`));
});
