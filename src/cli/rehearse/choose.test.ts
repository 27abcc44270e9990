import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { CommandLine } from '../command.ts';
import { chosenScenarios } from './choose.ts';

const folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const line = (...scenario: readonly string[]): CommandLine => ({ operands: [], flags: new Map([['scenario', scenario]]) });

test('scenarios by name and all of each file, in the order in which they are named', async () => {
  const own = written('own.yaml', 'scenarios:\n- name: first\n- name: second\n');
  const chosen = await chosenScenarios(line('good', own, 'errors=5'));
  expect(chosen?.map(({ name }) => name)).toEqual(['good', 'first', 'second', 'errors=5']);
});

test('nothing named: the default ones', async () => {
  expect(await chosenScenarios({ operands: [], flags: new Map() })).toBeUndefined();
});

const wrong = written('wrong.yaml', 'scenarios:\n- name: x\n  expects: bad\n- nam: y\n');

test.each([
  ['what is wrong with a file, with its lines', [wrong], `${wrong}:3  scenarios[0].expects: must be one of completes`],
  ['and all of it', [wrong], `${wrong}:4  scenarios[1].nam: is no field here; there are name`],
  ['a file that is not there', [join(folder, 'none.yaml')], 'cannot be read: ENOENT'],
  ['a name that is not there', ['erors'], 'there is no scenario "erors"'],
  ['the same twice', ['good', 'good'], 'scenario good is named twice'],
])('%s is told', async (_, named, message) => {
  await expect(chosenScenarios(line(...named))).rejects.toThrow(message);
});
