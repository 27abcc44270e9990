/** Asks the machine what choice.ts wants to know. */
import type { PartName } from '../contract.ts';
import { findUnshareArgs } from '../namespace/command-line.ts';
import { parts } from '../parts.ts';
import { lookAround } from '../provision/machine.ts';
import { PartUnavailable } from '../provision/provision.ts';
import { runCommand } from '../provision/run-command.ts';
import { chooseSource } from '../provision/source.ts';
import type { HostAbilities } from './choice.ts';

export async function hostAbilities(needed: readonly PartName[]): Promise<HostAbilities> {
  const uid = process.getuid?.() ?? 0;
  return {
    namespaceProblem: await problemOf(findUnshareArgs(uid)),
    partsProblem: await partsProblem(needed),
    hasDockerEngine: (await problemOf(runCommand('docker', ['info'], { timeoutMs: 10_000 }))) === undefined,
  };
}

async function partsProblem(needed: readonly PartName[]): Promise<string | undefined> {
  for (const name of needed) {
    const source = chooseSource(parts[name], await lookAround(parts[name], process.env));
    if (source.from === 'nowhere') return new PartUnavailable(parts[name], source.install).message;
  }
  return undefined;
}

async function problemOf(attempt: Promise<unknown>): Promise<string | undefined> {
  return attempt.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
