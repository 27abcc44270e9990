/** Takes programs out of Debian packages, and makes a small Debian, by the machine's own apt, which checks signatures. Nothing is installed on the machine. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Recipe } from '../parts.ts';
import { moveExecutable } from './move-executable.ts';
import { runCommand } from './run-command.ts';

type RecipeOf<Kind extends Recipe['kind']> = Extract<Recipe, { kind: Kind }>;

/** Calls `use` with a folder that holds what is in these packages; it is gone afterwards. */
async function unpacked(packages: readonly string[], use: (content: string) => Promise<void>): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'rampart-deb-'));
  try {
    // Package lists of our own: the machine's may never have been fetched, and fetching those takes root.
    await mkdir(join(work, 'lists', 'partial'), { recursive: true });
    const own = [`Dir::State::lists=${join(work, 'lists')}`, `Dir::Cache=${join(work, 'cache')}`, 'APT::Sandbox::User='];
    const options = own.flatMap((option) => ['-o', option]);
    await runCommand('apt-get', [...options, '--quiet', 'update'], { cwd: work });
    await runCommand('apt-get', [...options, '--quiet', 'download', ...packages], { cwd: work });
    const archives = (await readdir(work)).filter((name) => name.endsWith('.deb'));
    if (archives.length !== packages.length) throw new Error(`apt-get downloaded ${archives.length} of ${packages.join(', ')}`);
    const content = join(work, 'content');
    await mkdir(content);
    for (const archive of archives) await runCommand('dpkg', ['-x', join(work, archive), content]);
    await use(content);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export async function takeFromDeb(recipe: RecipeOf<'deb'>, target: string): Promise<void> {
  await unpacked([recipe.package], async (content) => await moveExecutable(join(content, recipe.executable), target));
}

/** Releases differ in which folder a program is in, so all are moved to one. */
export async function takeFromDebs(recipe: RecipeOf<'debs'>, folder: string): Promise<void> {
  await mkdir(join(folder, 'bin'));
  await mkdir(join(folder, 'lib'));
  await unpacked(recipe.packages, async (content) => {
    for (const entry of await readdir(content, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const isProgram = entry.isFile() && ['bin', 'sbin'].includes(basename(entry.parentPath));
      if (isProgram) await moveExecutable(path, join(folder, 'bin', entry.name));
      else if (!entry.isDirectory() && /\.so\.[\d.]+$/.test(entry.name))
        await runCommand('cp', ['--archive', path, join(folder, 'lib')]);
    }
  });
}

/** Nobody reads manuals in it, and whether it survives a power cut is of no concern. */
const lean = ['path-exclude=/usr/share/man/*', 'path-exclude=/usr/share/locale/*', 'force-unsafe-io'];

export async function makeDebianTree(recipe: RecipeOf<'debian-tree'>, target: string): Promise<void> {
  const release = (await runCommand('sh', ['-c', '. /etc/os-release && echo "$VERSION_CODENAME"'])).trim();
  await unpacked(['mmdebstrap'], async (content) => {
    const tools = join(content, 'usr', 'bin');
    const options = [
      '--mode=root',
      '--variant=apt',
      '--format=tar',
      '--skip=check/chroot,check/empty',
      `--include=${recipe.packages}`,
    ];
    await runCommand(
      'perl',
      [join(tools, 'mmdebstrap'), ...options, ...lean.map((option) => `--dpkgopt=${option}`), release, target],
      {
        env: { ...process.env, PATH: `${tools}:${process.env.PATH}` },
      },
    );
  });
}
