import { expect, test } from 'vitest';
import { progressOn } from './progress.ts';

function played(isTerminal: boolean, columns = 40): string {
  let text = '';
  const progress = progressOn({ write: (more) => (text += more), isTerminal, columns, rows: 20 });
  progress.say('shop', 'errors');
  progress.say('shop', `errors=${'1'.repeat(60)}`);
  progress.end();
  return text;
}

test('a terminal is told what is played, in one line that goes', () => {
  const lines = played(true).split('\r\u001b[K');
  expect(lines.slice(0, 2)).toEqual(['', 'Playing shop: errors']);
  expect(lines[2]).toHaveLength(39);
  expect(lines[3]).toBe('');
});

test('a log is told nothing', () => {
  expect(played(false)).toBe('');
});
