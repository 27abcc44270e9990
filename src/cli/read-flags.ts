/** Values of flags that are more than text. Throws CommandError with what to write instead. */
import { parseDuration } from '../api/duration.ts';
import { type CommandLine, textFlag, usageError } from './command.ts';

/** Milliseconds; a bare number is seconds. 0 means never, as does its absence. */
export function durationFlag(line: CommandLine, name: string): number | undefined {
  const text = textFlag(line, name);
  if (text === undefined) return undefined;
  const parsed = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (typeof parsed !== 'number') throw usageError(`--${name} ${parsed.error}`);
  if (parsed < 0) throw usageError(`--${name} must not be negative, got "${text}"`);
  return parsed === 0 ? undefined : parsed;
}

/** A whole number from 0 on. */
export function countFlag(line: CommandLine, name: string): number | undefined {
  const text = textFlag(line, name);
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw usageError(`--${name} must be a whole number, got "${text}"`);
  return Number(text);
}
