/** Reads what was typed behind the name of a command, by the command's table of flags. Understands what kubectl does; throws CommandError. */
import { type CommandFlag, type CommandLine, usageError } from './command.ts';

/** `-h` and `--help` are flags of every command; a line that has one is not read any further. */
export function readArguments(args: readonly string[], flags: readonly CommandFlag[]): CommandLine | 'help' {
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === '--') {
      operands.push(...rest.splice(0));
      break;
    }
    if (arg === '-h' || arg === '--help') return 'help';
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg);
      continue;
    }
    const { flag, value, remaining } = readFlag(arg, rest, flags);
    if (remaining !== undefined) rest.unshift(remaining);
    const given = values.get(flag.name) ?? [];
    given.push(value);
    values.set(flag.name, given);
  }
  return { operands, flags: values };
}

interface ReadFlag {
  readonly flag: CommandFlag;
  readonly value: string;
  /** What is left of a bundle such as `-Aw`. */
  readonly remaining?: string;
}

/** Takes the flag's value off `rest` where it stands there. */
function readFlag(arg: string, rest: string[], flags: readonly CommandFlag[]): ReadFlag {
  const isLong = arg.startsWith('--');
  const equals = arg.indexOf('=');
  const end = equals < 0 ? arg.length : equals;
  const spelled = isLong ? arg.slice(2, end) : arg.slice(1, 2);
  const flag = flags.find(({ name, short }) => (isLong ? name === spelled : short === spelled));
  const shown = isLong ? `--${spelled}` : `-${spelled}`;
  if (flag === undefined) throw usageError(`there is no flag ${shown}`);
  // `-n=shop`, `-nshop` and, of switches, `-Aw`.
  const attached = isLong ? (equals < 0 ? undefined : arg.slice(equals + 1)) : shortRest(arg);
  if (flag.kind === 'switch') {
    if (attached === undefined) return { flag, value: 'true' };
    if (!isLong && !arg.startsWith('=', 2)) return { flag, value: 'true', remaining: `-${attached}` };
    if (attached !== 'true' && attached !== 'false') throw usageError(`${shown} is true or false, not "${attached}"`);
    return { flag, value: attached };
  }
  const value = attached ?? rest.shift();
  if (value === undefined) throw usageError(`${shown} needs a value: ${shown} ${flag.value ?? 'VALUE'}`);
  if (flag.choices !== undefined && !flag.choices.includes(value))
    throw usageError(`${shown} is one of ${flag.choices.join(', ')}, not "${value}"`);
  return { flag, value };
}

function shortRest(arg: string): string | undefined {
  if (arg.length <= 2) return undefined;
  return arg.startsWith('=', 2) ? arg.slice(3) : arg.slice(2);
}
