import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { CommandStage } from '../../../test/support/command-stage.ts';

const program = join(import.meta.dirname, '..', 'main.ts');

/** What bash offers for a line whose last word is unfinished. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { out: script } = await new CommandStage().run('completion', 'bash');
  const line = words.map((word) => `'${word}'`).join(' ');
  const text = `rampart() { '${process.execPath}' --disable-warning=ExperimentalWarning '${program}' "$@"; }
compopt() { echo "files"; }
${script}
COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _rampart; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', text], { env: { PATH: process.env.PATH, KUBECONFIG: '/nowhere' } });
  return stdout.trim().split('\n');
}

test('bash completes commands, flags, values, and files where files are meant', async () => {
  const found = await Promise.all([
    offered('rampart', 'pro'),
    offered('rampart', 'promote', 'shop', '--f'),
    offered('rampart', 'get', '-o', ''),
    offered('rampart', 'lint', '-f', 'ex'),
    offered('rampart', 'promote', ''),
  ]);
  expect(found).toEqual([['promote'], ['--full'], ['json', 'yaml', 'name'], ['files'], ['']]);
}, 60_000);

test.each(['bash', 'zsh', 'fish'])('there is a script for %s', async (shell) => {
  const { code, out } = await new CommandStage().run('completion', shell);
  expect([code, out]).toEqual([0, expect.stringContaining('__complete')]);
});
