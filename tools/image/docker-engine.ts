/**
 * Opens a Docker engine for building and running the image: the machine's, or one of our own, which is fetched, started in a process and mount namespace
 * and gone with it, however this process ends. Ours has no bridge and changes neither routes nor packet filters: containers use the machine's network.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spawnSupervised } from '../cluster/process.ts';
import { findOnPath } from '../cluster/provision/machine.ts';
import { ensureParts, partPath } from '../cluster/provision/provision.ts';
import { cleanRunDirectory, createRunDirectory } from '../cluster/run-directory.ts';
import { removeControlGroup } from './control-group.ts';
import type { EngineAnswer, EngineChoice } from './engine-choice.ts';
import { chooseEngine } from './engine-choice.ts';

export interface DockerEngine {
  /** As DOCKER_HOST has it. */
  readonly host: string;
  /** Absolute path of the `docker` command. */
  readonly client: string;
  /** Ours cannot pull, and has no network but the machine's. */
  readonly isOwn: boolean;
  stop(): Promise<void>;
}

/** Nothing here to try the image on; the message says what to do. */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable';
}

const startTimeoutMs = 60_000;
const askAgainMs = 100;

/** Throws EngineUnavailable, and PartUnavailable when one would have to be made and cannot be. */
export async function openEngine(env: NodeJS.ProcessEnv = process.env): Promise<DockerEngine> {
  const client = await findOnPath('docker', env);
  const choice = await lookForEngine(env, client !== undefined);
  if (choice.from === 'nowhere') throw new EngineUnavailable(choice.reason);
  if (choice.from === 'machine' && client !== undefined) return { host: choice.host, client, isOwn: false, stop: async () => {} };
  await ensureParts(['docker-engine', 'debian-base']);
  return await startEngine();
}

async function lookForEngine(env: NodeJS.ProcessEnv, hasClient: boolean): Promise<EngineChoice> {
  const host = env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  const answer = host.startsWith('unix://') ? await ask(host.slice('unix://'.length), '/info') : undefined;
  return chooseEngine({ host, answer, hasClient, isLinux: process.platform === 'linux', isRoot: process.getuid?.() === 0 });
}

/** The engine's answer; undefined when nobody answers as an engine would. */
async function ask(socketPath: string, path: string): Promise<EngineAnswer | undefined> {
  return await new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: 5000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () => resolve(response.statusCode === 200 ? (JSON.parse(text) as EngineAnswer) : undefined));
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}

/** The shell stays as the first process of the namespace: it reaps what containers leave behind. */
const firstProcess = '"$@"\nexit $?';
const isolation = [
  '--mount',
  '--pid',
  '--mount-proc',
  '--fork',
  '--kill-child=KILL',
  '--',
  'sh',
  '-c',
  firstProcess,
  'rampart-docker',
];
const nothingOfTheNetwork = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'];

async function startEngine(): Promise<DockerEngine> {
  const folder = await partPath('docker-engine');
  const runDir = await createRunDirectory('docker');
  // Paths of sockets are short.
  const sockets = await mkdtemp(join(tmpdir(), 'rampart-docker-'));
  const socket = join(sockets, 'docker.sock');
  const group = `rampart-${process.pid}`;
  const engine = await spawnSupervised({
    name: 'dockerd',
    command: 'unshare',
    args: [
      ...isolation,
      join(folder, 'bin', 'dockerd'),
      `--host=unix://${socket}`,
      `--data-root=${join(runDir, 'data')}`,
      `--exec-root=${join(sockets, 'exec')}`,
      `--pidfile=${join(sockets, 'pid')}`,
      '--config-file=',
      '--exec-opt=native.cgroupdriver=cgroupfs',
      `--cgroup-parent=${group}`,
      ...nothingOfTheNetwork,
    ],
    env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, LD_LIBRARY_PATH: join(folder, 'lib') },
    logFile: join(runDir, 'dockerd.log'),
  });
  const stop = async (): Promise<void> => {
    // unshare heeds nothing else, and the kernel ends all that is in its namespace.
    engine.kill('SIGKILL');
    await engine.exited;
    await removeControlGroup(group);
    await rm(sockets, { recursive: true, force: true, maxRetries: 20 });
    await rm(join(runDir, 'data'), { recursive: true, force: true, maxRetries: 20 });
    await cleanRunDirectory(runDir);
  };
  const deadline = performance.now() + startTimeoutMs;
  while ((await ask(socket, '/info')) === undefined) {
    if (!engine.running || performance.now() > deadline) {
      const log = await readFile(engine.logFile, 'utf8');
      await stop();
      throw new EngineUnavailable(
        `The Docker engine that was fetched does not start here:\n${log.split('\n').slice(-12).join('\n')}`,
      );
    }
    await delay(askAgainMs);
  }
  return { host: `unix://${socket}`, client: join(folder, 'bin', 'docker'), isOwn: true, stop };
}
