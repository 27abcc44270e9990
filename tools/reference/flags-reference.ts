/** The page docs/reference/flags.md, made from the table that `rampart controller` itself reads and explains its flags by. */
import { environmentName } from '../../src/options/controller-options.ts';
import { type Flag, flags, ignoredFlags } from '../../src/options/flags.ts';
import { code, codes, table } from './markdown.ts';

export function flagsReference(): string {
  return `# Flags of \`rampart controller\`

Generated from src/options by \`npm run generate\`; do not edit.

A flag is written \`--name value\` or \`--name=value\`; a switch stands alone or is \`--name=true\`, \`--name=false\`. Each can be given in the
environment instead. The command line wins, an empty value counts as absent, and every mistake is named before anything starts (exit code 2).

${table(['flag', 'environment', 'value', 'default', 'meaning'], (flags as readonly Flag[]).map(row))}

\`-h\`, \`--help\` shows them all, \`--version\` the version. Both win over everything else on the line.

## Flags that are accepted and do nothing

Arguments of an existing Argo Rollouts Deployment start Rampart. These are named in a warning when they are given:

${table(
  ['flag', 'why it does nothing'],
  [...ignoredFlags].map(([name, why]) => [code(`--${name}`), sentence(why)]),
)}
`;
}

function row(flag: Flag): readonly string[] {
  const { name, short, aliases = [], environment } = flag;
  const spellings = [`--${name}`, ...(short === undefined ? [] : [`-${short}`]), ...aliases.map((alias) => `--${alias}`)];
  const variables = [environmentName(name), ...(environment === undefined ? [] : [environment])];
  return [codes(spellings), codes(variables), values(flag), code(flag.default ?? ''), flag.help];
}

function values({ kind, choices, range }: Flag): string {
  if (choices !== undefined) return codes(choices);
  if (kind === 'switch') return codes(['true', 'false']);
  if (kind === 'duration') return 'duration, such as `15s` or `1m30s`';
  if (kind === 'addresses') return 'list of addresses';
  if (kind === 'names') return 'list of names';
  return range === undefined ? kind : `${range[0]} to ${range[1]}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
