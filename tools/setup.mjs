/**
 * Runs a TypeScript program of this repository on the pinned Node with the pinned dependencies, installing both first where they are
 * missing or older than the lock file. Plain JavaScript without dependencies, since it must run on whatever `node` a machine has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.rampart-lock');

function installDependencies() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('rampart: installing the dependencies of package-lock.json (once, about half a minute) ...');
  const done = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.error !== undefined || done.status !== 0) {
    console.error('rampart: `npm ci` failed; its output is above. It needs npm 10 or newer and the npm registry.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** The pinned Node is a prebuilt binary: where it does not start, the machine lacks a library that it needs. */
function requireWorkingNode(bin) {
  const tried = spawnSync(join(bin, 'node'), ['--version'], { encoding: 'utf8' });
  if (tried.status === 0) return;
  console.error(`rampart: the pinned Node does not start here: ${tried.error?.message ?? tried.stderr.trim()}`);
  console.error('rampart: on a minimal Debian or Ubuntu, `apt-get install libatomic1` helps.');
  process.exit(1);
}

installDependencies();
const bin = join(root, 'node_modules', '.bin');
requireWorkingNode(bin);
const child = spawn(join(bin, 'node'), ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npm's shell dies of a signal without passing it on: whoever has lost its parent ends what it started.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill('SIGTERM');
}, 500).unref();
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
