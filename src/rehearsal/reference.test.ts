/** docs/reference/rehearse.md has each scenario with its option, and each field of the output, and no others. */
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { rehearsed } from '../../test/support/rehearsed.ts';
import { catalogue } from './catalogue.ts';

vi.setConfig({ testTimeout: 60_000 });

const page = readFileSync(`${import.meta.dirname}/../../docs/reference/rehearse.md`, 'utf8');
/** Those of the first table, cells trimmed. */
const rows = page
  .slice(page.indexOf('| scenario |'), page.indexOf('One request in five'))
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('it has each scenario with its option', () => {
  expect(rows.map(([, name, title, option]) => [name, title, option])).toEqual(
    catalogue.map(({ name, title, option }) => [
      `\`${name}\``,
      title,
      option === undefined ? '' : `${option.what}: ${option.standard}`,
    ]),
  );
});

test('it has each field of what was played', async () => {
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop' },
    spec: { replicas: 2, strategy: { canary: { steps: [{ setWeight: 50 }] } } },
  };
  const { played } = await rehearsed([rollout], ['errors']);
  const fields = page.slice(page.indexOf('## JSON'));
  const [one] = played;
  for (const name of [one, one?.samples[0], one?.events[0], one?.marks[0], one?.failedAtWeight[0]].flatMap((part) =>
    Object.keys(part ?? {}),
  ))
    expect(fields).toMatch(new RegExp(`[\`.]${name}[\`\\[]`));
});
