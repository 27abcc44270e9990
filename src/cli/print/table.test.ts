import { describe, expect, it, test } from 'vitest';
import { ageOf, lengthOf } from './age.ts';
import { table } from './table.ts';
import { painted, paintFor, toned, unpainted } from './tone.ts';

const rows = [
  ['shop', toned('✔ Healthy', 'good'), '1/1'],
  ['a-longer-name', toned('✖ Degraded', 'bad'), ''],
];

describe('a table', () => {
  it('has columns as wide as their widest cell, and nothing behind the last', () => {
    expect(table(['NAME', 'STATUS', 'READY'], rows, unpainted)).toBe(
      ['NAME            STATUS       READY', 'shop            ✔ Healthy    1/1', 'a-longer-name   ✖ Degraded', ''].join('\n'),
    );
  });

  it('stands the same with colour', () => {
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
    const colourful = table(['NAME', 'STATUS', 'READY'], rows, painted);
    expect(colourful).toContain('\u001b[32m✔ Healthy\u001b[0m');
    expect(colourful.replaceAll(escapes, '')).toBe(table(['NAME', 'STATUS', 'READY'], rows, unpainted));
  });
});

test.each([
  [{ isTerminal: true }, {}, false, painted],
  [{ isTerminal: false }, {}, false, unpainted],
  [{ isTerminal: true }, { NO_COLOR: '1' }, false, unpainted],
  [{ isTerminal: true }, { NO_COLOR: '' }, false, painted],
  [{ isTerminal: true }, { TERM: 'dumb' }, false, unpainted],
  [{ isTerminal: true }, {}, true, unpainted],
])('colour for %o with %o, refused %s', (out, environment, refused, expected) => {
  expect(paintFor(out, environment, refused)).toBe(expected);
});

test.each([
  [-5_000, '0s'],
  [999, '0s'],
  [61_000, '1m1s'],
  [3_600_000, '1h'],
  [3_601_000, '1h'],
  [90_061_000, '1d1h'],
  [86_400_000 * 3, '3d'],
])('%i ms are %s', (ms, text) => {
  expect(lengthOf(ms)).toBe(text);
});

test('an age that is not known is empty', () => {
  expect([ageOf(undefined, 0), ageOf('yesterday', 0), ageOf('1970-01-01T00:00:00Z', 5_000)]).toEqual(['', '', '5s']);
});
