/**
 * A base image where none can be pulled: a small Debian, with the Node and the npm that this repository is worked on with, in the places where the official
 * images have them. It asks the registry that this machine asks, and trusts whom this machine trusts.
 */
import { copyFile, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findOnPath } from '../cluster/provision/machine.ts';
import { partPath } from '../cluster/provision/provision.ts';
import { runCommand } from '../cluster/provision/run-command.ts';
import type { DockerEngine } from './docker-engine.ts';

const authorities = '/etc/ssl/certs/ca-certificates.crt';

/** The name of the image, which is in the engine afterwards. */
export async function importBaseImage(engine: DockerEngine): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'rampart-base-'));
  try {
    const tar = join(work, 'base.tar');
    await copyFile(await partPath('debian-base'), tar);
    const added = join(work, 'added');
    await addNode(added);
    const list = join(work, 'list');
    // Folders are there, or made: an archive may name each of them once.
    await writeFile(list, await runCommand('find', ['.', '-type', 'f', '-o', '-type', 'l'], { cwd: added }));
    const ofRoot = ['--owner=0', '--group=0', '--no-recursion'];
    await runCommand('tar', ['--append', `--file=${tar}`, ...ofRoot, '-C', added, `--files-from=${list}`]);
    const name = 'rampart-node-base:local';
    await runCommand(engine.client, ['--host', engine.host, 'import', tar, name]);
    return name;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function addNode(folder: string): Promise<void> {
  const local = join(folder, 'usr', 'local');
  const modules = join(local, 'lib', 'node_modules');
  for (const path of [join(local, 'bin'), join(local, 'etc'), modules, join(folder, dirname(authorities))])
    await mkdir(path, { recursive: true });
  await copyFile(process.execPath, join(local, 'bin', 'node'));
  const npm = await findOnPath('npm', process.env);
  if (npm === undefined) throw new Error('npm is not on the PATH');
  // The link on the PATH leads to npm/bin/npm-cli.js.
  await cp(join(dirname(await realpath(npm)), '..'), join(modules, 'npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm'));
  const registry = (await runCommand('npm', ['config', 'get', 'registry'])).trim();
  await writeFile(join(local, 'etc', 'npmrc'), `registry=${registry}\ncafile=${authorities}\n`);
  await copyFile(authorities, join(folder, authorities));
}
