/** Moves a program to its place, also from one file system to another. */
import { chmod, cp, rename } from 'node:fs/promises';

export async function moveExecutable(from: string, to: string): Promise<void> {
  await rename(from, to).catch(() => cp(from, to));
  await chmod(to, 0o755);
}
