import { describe, expect, it } from 'vitest';
import { readArguments } from '../../src/cli/arguments.ts';
import { commandTable } from '../../src/cli/command-table.ts';
import { findCommand } from '../../src/cli/dispatch.ts';
import { clusterFlags } from '../../src/cli/shared-flags.ts';
import { cliReference } from './cli-reference.ts';

/** name of a command -> what the page says of it */
const sections = new Map(
  cliReference()
    .split(/^## /m)
    .slice(2)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
);

describe('the page of commands', () => {
  it('has each command, and no other', () => {
    expect([...sections.keys()]).toEqual(commandTable.map(({ name }) => name));
  });

  it.each([...sections])('%s: names no flag that the command does not take, and all that it does', (name, text) => {
    const { flags = [] } = commandTable.find((one) => one.name === name) ?? {};
    const named = [...text.matchAll(/^\| `--([a-z-]+)`/gm)].map(([, flag]) => flag);
    // Those of every command that asks a cluster have a table of their own.
    expect(named).toEqual(flags.filter((flag) => !clusterFlags.includes(flag)).map((flag) => flag.name));
    for (const flag of flags) {
      const args = flag.kind === 'switch' ? [`--${flag.name}`] : [`--${flag.name}`, flag.choices?.[0] ?? 'x'];
      expect(readArguments(args, flags)).not.toBe('help');
    }
  });

  it('has a load for each that gives what runs it', async () => {
    for (const { name, load } of commandTable) expect([name, typeof (await load())]).toEqual([name, 'function']);
    expect(findCommand(['set', 'image', 'shop', 'a=b'])).toMatchObject({ spec: { name: 'set-image' }, rest: ['shop', 'a=b'] });
  });
});
