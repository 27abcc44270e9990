/** `rampart controller --help`, made from the table of flags, to fit the width of a terminal. */
import { environmentName } from './controller-options.ts';
import { type Flag, flags } from './flags.ts';

/** The whole help text, lines no longer than `width` columns. */
export function controllerHelp(width: number): string {
  const rows = (flags as readonly Flag[]).map((flag) => [spelling(flag), explanation(flag)] as const);
  const column = Math.max(...rows.map(([left]) => left.length)) + 4;
  const lines = rows.flatMap(([left, right]) =>
    wrap(right, Math.max(30, width - column)).map((line, index) => `${(index === 0 ? `  ${left}` : '').padEnd(column)}${line}`),
  );
  return [
    'Usage: rampart controller [flags]',
    '',
    'Watches Rollouts and AnalysisRuns (argoproj.io/v1alpha1) and delivers new versions step by step,',
    'taking back the ones that metrics speak against.',
    '',
    'Flags:',
    ...lines,
    `${'  -h, --help'.padEnd(column)}Shows this text.`,
    `${'  --version'.padEnd(column)}Shows the version.`,
    '',
    'Each flag can be given in the environment as well: --leader-elect as RAMPART_LEADER_ELECT, and so on.',
    'The command line wins. Flags of Argo Rollouts that mean nothing here are accepted with a warning.',
    '',
  ].join('\n');
}

function spelling(flag: Flag): string {
  const value = flag.kind === 'switch' ? '' : ` ${flag.kind}`;
  return `${flag.short === undefined ? '' : `-${flag.short}, `}--${flag.name}${value}`;
}

function explanation(flag: Flag): string {
  const choices = flag.choices === undefined ? '' : ` One of ${flag.choices.join(', ')}.`;
  const standard = flag.default === undefined ? '' : ` (default ${flag.default})`;
  const also = flag.environment === undefined ? '' : ` Also $${flag.environment}; $${environmentName(flag.name)} comes first.`;
  return `${flag.help}${choices}${also}${standard}`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
