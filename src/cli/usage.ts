/** Help texts, made from the table of commands. `program` is how it was called: `rampart` or `kubectl rampart`. */
import { type CommandFlag, type CommandSpec, exitCodes } from './command.ts';
import { commandTable } from './command-table.ts';

const column = 14;

export function overview(program: string): string {
  const rows = [
    ['controller', 'Watch Rollouts and deliver them; what the Deployment in the cluster runs.'],
    ...commandTable.map((one) => [one.name, one.summary]),
  ];
  return [
    `Usage: ${program} COMMAND [flags]`,
    '',
    'Commands:',
    ...rows.map(([name = '', summary = '']) => `  ${name.padEnd(column)}${summary}`),
    '',
    `${program} COMMAND --help explains one.`,
    '',
  ].join('\n');
}

export function commandHelp(spec: CommandSpec, program: string): string {
  const flags = [...spec.flags, helpFlag].map((flag) => [flagText(flag), flag.help] as const);
  const width = Math.max(...flags.map(([left]) => left.length)) + 3;
  const codes = Object.entries(exitCodesOf(spec)).map(([code, what]) => `  ${code}  ${what}`);
  return [
    ...usageLines(spec, program),
    '',
    spec.summary,
    ...(spec.details ?? []).flatMap((text) => ['', text]),
    '',
    'Flags:',
    ...flags.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    '',
    'Exit codes:',
    ...codes,
    '',
    'Examples:',
    ...spec.examples.map((example) => `  ${example.replaceAll('rampart ', `${program} `)}`),
    '',
  ].join('\n');
}

const helpFlag: CommandFlag = { name: 'help', short: 'h', kind: 'switch', help: 'This text.' };

export function usageLines(spec: CommandSpec, program: string): readonly string[] {
  return spec.usage.map(
    (form, index) => `${index === 0 ? 'Usage:' : '      '} ${`${program} ${spec.name} ${form}`.trimEnd()} [flags]`,
  );
}

/** `-n, --namespace NAMESPACE` */
export function flagText({ name, short, kind, value }: CommandFlag): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${kind === 'switch' ? '' : ` ${value ?? 'VALUE'}`}`;
}

export function exitCodesOf({ exitCodes: own, failsWith }: CommandSpec): Readonly<Record<number, string>> {
  return {
    [exitCodes.done]: 'done',
    ...own,
    ...(failsWith === undefined && {
      [exitCodes.failed]: 'it could not be asked or done: a wrong line, no cluster, no permission, no such object',
    }),
  };
}
