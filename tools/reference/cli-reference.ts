/** The page docs/reference/cli.md, made from the table of commands that the program itself dispatches, explains and completes by. */
import type { CommandFlag, CommandSpec } from '../../src/cli/command.ts';
import { commandTable, twoWordCommands } from '../../src/cli/command-table.ts';
import { clusterFlags } from '../../src/cli/shared-flags.ts';
import { exitCodesOf } from '../../src/cli/usage.ts';
import { code, codes, table } from './markdown.ts';

export function cliReference(): string {
  return `# Commands of \`rampart\`

Generated from src/cli by \`npm run generate\`; do not edit.

The same commands are \`kubectl rampart\` where the program, or a link to it, is called \`kubectl-rampart\` and stands in the PATH; a link called
\`kubectl_complete-rampart\` lets kubectl complete them. \`rampart controller\` has [flags](flags.md) of its own. Flags may stand before or behind
names, as \`--name value\`, \`--name=value\` or \`-n value\`; \`--help\` explains each command. ${[...twoWordCommands]
    .map(([words, name]) => `${code(words)} is understood as ${code(name)}`)
    .join(', ')}.

${table(
  ['command', 'what it does'],
  commandTable.map(({ name, summary }) => [`[${code(name)}](#${name})`, summary]),
)}

## Flags that say which cluster

All commands but ${codes(commandTable.filter(({ asksCluster }) => !asksCluster).map(({ name }) => name))} have them:

${table(['flag', 'meaning'], clusterFlags.map(flagRow))}

${commandTable.map(section).join('\n')}`;
}

function section(spec: CommandSpec): string {
  const own = spec.flags.filter((flag) => !clusterFlags.includes(flag));
  return `## ${spec.name}

${[spec.summary, ...(spec.details ?? [])].join('\n\n')}

\`\`\`text
${spec.usage.map((form) => `rampart ${spec.name} ${form}`.trimEnd()).join('\n')}
\`\`\`

${own.length === 0 ? '' : `${table(['flag', 'meaning'], own.map(flagRow))}\n\n`}${table(
  ['exit code', 'when'],
  Object.entries(exitCodesOf(spec)).map(([number, when]) => [number, when]),
)}

\`\`\`sh
${spec.examples.join('\n')}
\`\`\`
`;
}

function flagRow({ name, short, kind, value, choices, help }: CommandFlag): readonly string[] {
  const spelled = codes([`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);
  const takes = kind === 'switch' ? '' : ` ${choices === undefined ? code(value ?? 'VALUE') : codes(choices)}`;
  return [`${spelled}${takes}`, help];
}
