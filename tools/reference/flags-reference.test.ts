import { describe, expect, it } from 'vitest';
import { environmentName, parseControllerOptions } from '../../src/options/controller-options.ts';
import { type Flag, flags, ignoredFlags } from '../../src/options/flags.ts';
import { flagsReference } from './flags-reference.ts';

const page = flagsReference();
const column = (index: number): readonly string[] =>
  page
    .split('\n')
    .filter((line) => line.startsWith('| `--'))
    .flatMap((line) => [...(line.split(' | ')[index] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

/** Something that a flag of this kind takes. */
function sample({ kind, choices, default: standard, name }: Flag): string {
  if (name === 'prometheus-address') return 'http://prometheus:9090';
  if (name === 'bind-address') return '127.0.0.1';
  return standard ?? choices?.[0] ?? (kind === 'list' ? 'rollouts' : 'x');
}

describe('the page of flags', () => {
  it('names no flag that the program does not take', () => {
    for (const spelling of column(0).filter((name) => name.startsWith('--'))) {
      const flag = (flags as readonly Flag[]).find(({ name, aliases }) => [name, ...(aliases ?? [])].includes(spelling.slice(2)));
      const args = [`${spelling}=${flag === undefined ? 'x' : sample(flag)}`];
      expect([spelling, parseControllerOptions(args, {}).outcome]).toEqual([spelling, 'options']);
    }
  });

  it('names every flag and every variable', () => {
    const spellings = (flags as readonly Flag[]).flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
    expect(column(0).filter((name) => name.startsWith('--'))).toEqual(
      [...spellings, ...ignoredFlags.keys()].map((name) => `--${name}`),
    );
    for (const { name } of flags) expect(page).toContain(`\`${environmentName(name)}\``);
  });
});
