/**
 * Carries one container through its lives: image, environment, process, hooks, probes, and a death in order. It decides nothing about
 * restarts; it only says what happened.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type ContainerProcess, runInside, startProcess } from './container-process.ts';
import {
  type ConfigData,
  ContainerConfigError,
  configReferences,
  containerEnvironment,
  expand,
  type Surroundings,
} from './environment.ts';
import { runHandler } from './handler.ts';
import { commandLine, findImage, type ImageProgram, parseImage } from './image-table.ts';
import type { KubeletContext } from './kubelet-context.ts';
import { mountScript } from './mount-script.ts';
import type { Happening } from './pod-record.ts';
import type { Container, Handler } from './pod-types.ts';
import { type PodVolumes, readObjects } from './pod-volumes.ts';
import { Prober } from './prober.ts';

export interface PodEdge {
  readonly happened: (happening: Happening) => void;
  readonly event: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  readonly surroundings: () => Surroundings;
  readonly volumes: PodVolumes;
  /** The pod's own folder. */
  readonly directory: string;
}

interface Life {
  readonly process: ContainerProcess;
  readonly env: Readonly<Record<string, string>>;
  prober: Prober | undefined;
  stopping: boolean;
  killTimer: NodeJS.Timeout | undefined;
}

/** After a preStop hook that used up the grace, SIGTERM still gets this long. */
const leastGraceMs = 2000;

export class ContainerRunner {
  readonly #container: Container;
  readonly #edge: PodEdge;
  readonly #context: KubeletContext;
  #life: Life | undefined;
  #isDestroyed = false;

  constructor(container: Container, edge: PodEdge, context: KubeletContext) {
    this.#container = container;
    this.#edge = edge;
    this.#context = context;
  }

  /** Starts it and reports `started`, or `refused` with the reason to show. `restarts` names the log file. Never rejects. */
  async start(restarts: number): Promise<void> {
    const { name } = this.#container;
    try {
      await this.#launch(restarts);
    } catch (error) {
      const reason =
        error instanceof ContainerConfigError
          ? error.reason
          : error instanceof ImageError
            ? 'ErrImagePull'
            : 'CreateContainerError';
      const message = error instanceof Error ? error.message : String(error);
      this.#announceRefusal(reason, message);
      this.#edge.happened({ type: 'refused', container: name, at: this.#context.now(), reason, message });
    }
  }

  /** preStop, SIGTERM, and SIGKILL at `by`; a later call with an earlier `by` only moves the end. Never rejects. */
  async stop(by: number, reason: 'deleted' | 'unhealthy' | 'expired' | 'done'): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    const leftMs = Math.max(0, by - this.#context.now());
    clearTimeout(life.killTimer);
    life.killTimer = setTimeout(() => life.process.kill('SIGKILL'), leftMs);
    if (life.stopping) return;
    life.stopping = true;
    life.prober?.ending();
    const { name, lifecycle } = this.#container;
    const why = reason === 'unhealthy' ? `Container ${name} failed its probes, will be restarted` : `Stopping container ${name}`;
    this.#edge.event('Normal', 'Killing', why);
    if (leftMs > 0 && lifecycle?.preStop !== undefined) await this.#preStop(lifecycle.preStop, life, leftMs);
    life.process.kill(leftMs > 0 ? 'SIGTERM' : 'SIGKILL');
    const leastBy = this.#context.now() + leastGraceMs;
    if (leftMs > 0 && by < leastBy) {
      clearTimeout(life.killTimer);
      life.killTimer = setTimeout(() => life.process.kill('SIGKILL'), leastGraceMs);
    }
  }

  /** Kills what runs and settles when it has ended. */
  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    this.#life?.prober?.stop();
    this.#life?.process.kill('SIGKILL');
    await this.#life?.process.ended;
  }

  async #launch(restarts: number): Promise<void> {
    const { name, image } = this.#container;
    const program = findImage(this.#context.images, image);
    if (program === undefined) throw new ImageError(`failed to resolve image "${image}": not found`);
    this.#edge.event('Normal', 'Pulled', `Container image "${image}" already present on machine`);
    const env = await this.#environment(program);
    const { command, script } = await this.#prepare(program, env);
    const logFile = `${this.#edge.directory}/${name}.${restarts}.log`;
    if (this.#isDestroyed) return;
    const process = await startProcess({ command, env, script, logFile });
    const startedAt = this.#context.now();
    const id = `process://${process.pid}-${startedAt}`;
    const life: Life = { process, env, prober: undefined, stopping: false, killTimer: undefined };
    this.#life = life;
    void process.ended.then(({ code, signal }) => {
      life.prober?.stop();
      clearTimeout(life.killTimer);
      if (this.#life === life) this.#life = undefined;
      const exit = { code, signal, startedAt, finishedAt: this.#context.now(), id };
      this.#edge.happened({ type: 'exited', container: name, exit });
    });
    if (this.#isDestroyed) process.kill('SIGKILL');
    this.#edge.event('Normal', 'Created', `Created container: ${name}`);
    this.#edge.event('Normal', 'Started', `Started container ${name}`);
    this.#edge.happened({ type: 'started', container: name, at: startedAt, id });
    if (this.#container.lifecycle?.postStart !== undefined) await this.#postStart(this.#container.lifecycle.postStart, life);
    if (this.#life === life && !life.stopping) life.prober = this.#probe(life);
  }

  async #environment(program: ImageProgram): Promise<Readonly<Record<string, string>>> {
    const { api, ca, nodeIp, apiServer, path } = this.#context;
    const around = this.#edge.surroundings();
    const { name: podName, namespace = 'default' } = around.pod.metadata;
    const objects = await readObjects(api, ca, namespace, configReferences([this.#container]));
    const config: ConfigData = new Map(
      [...objects].map(([key, data]) => [key, Object.fromEntries(Object.entries(data).map(([k, v]) => [k, v.toString('utf8')]))]),
    );
    const { name: imageName, tag } = parseImage(this.#container.image);
    const given = {
      PATH: path,
      HOME: this.#edge.directory,
      HOSTNAME: podName,
      IMAGE_NAME: imageName,
      IMAGE_TAG: tag,
      KUBERNETES_SERVICE_HOST: apiServer.host,
      KUBERNETES_SERVICE_PORT: apiServer.port,
      KUBERNETES_SERVICE_PORT_HTTPS: apiServer.port,
      POD_IP: around.podIp,
      HOST_IP: nodeIp,
    };
    const ofImage = Object.entries(program.env ?? {}).map(([name, value]) => [name, expand(value, given)] as const);
    return { ...given, ...Object.fromEntries(ofImage), ...containerEnvironment(this.#container, { ...around, config }) };
  }

  async #prepare(
    program: ImageProgram,
    env: Readonly<Record<string, string>>,
  ): Promise<{ command: readonly string[]; script: string }> {
    const { name, command, args, workingDir } = this.#container;
    const { directory, volumes } = this.#edge;
    const scratch = `${directory}/scratch`;
    await mkdir(scratch, { recursive: true });
    const script = `${directory}/${name}.sh`;
    const keep = [program.executable, ...program.args, ...(program.defaultArgs ?? [])].filter((text) => text.startsWith('/'));
    const options = { scratch, keep, workingDir: workingDir ?? program.workingDir };
    await writeFile(script, mountScript(volumes.mounts(this.#container), options));
    const texts = (list: readonly string[] | undefined) => list?.map((text) => expand(text, env));
    const ofImage = { ...program, args: texts(program.args) ?? [], defaultArgs: texts(program.defaultArgs) ?? [] };
    const expanded = { command: texts(command), args: texts(args) };
    return { command: commandLine(ofImage, expanded), script };
  }

  #probe(life: Life): Prober {
    const { name, startupProbe, readinessProbe, livenessProbe } = this.#container;
    return new Prober(
      { startup: startupProbe, readiness: readinessProbe, liveness: livenessProbe },
      {
        run: (handler, timeoutMs) => this.#handle(handler, life, timeoutMs),
        verdict: (kind, pass) => this.#edge.happened({ type: 'probed', container: name, kind, pass }),
        failed: (kind, why) =>
          this.#edge.event('Warning', 'Unhealthy', `${kind[0]?.toUpperCase()}${kind.slice(1)} probe failed: ${why}`),
      },
    );
  }

  #handle(handler: Handler, { env }: Life, timeoutMs: number): Promise<string | undefined> {
    const script = `${this.#edge.directory}/${this.#container.name}.sh`;
    const exec = (command: readonly string[], signal: AbortSignal) => runInside({ command, env, script }, signal);
    return runHandler(handler, { container: this.#container, podIp: this.#edge.surroundings().podIp, exec }, timeoutMs);
  }

  async #preStop(hook: Handler, life: Life, leftMs: number): Promise<void> {
    const why = await Promise.race([this.#handle(hook, life, leftMs), life.process.ended.then(() => undefined)]);
    if (why !== undefined) this.#edge.event('Warning', 'FailedPreStopHook', `PreStopHook failed: ${why}`);
  }

  async #postStart(hook: Handler, life: Life): Promise<void> {
    const why = await Promise.race([this.#handle(hook, life, 60_000), life.process.ended.then(() => undefined)]);
    if (why === undefined) return;
    this.#edge.event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${why}`);
    await this.stop(this.#context.now() + leastGraceMs, 'unhealthy');
  }

  #announceRefusal(reason: string, message: string): void {
    const { image } = this.#container;
    if (reason !== 'ErrImagePull') {
      this.#edge.event('Warning', 'Failed', `Error: ${message}`);
      return;
    }
    this.#edge.event('Normal', 'Pulling', `Pulling image "${image}"`);
    this.#edge.event('Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    this.#edge.event('Warning', 'Failed', 'Error: ErrImagePull');
    void delay(1000).then(() => {
      this.#edge.event('Normal', 'BackOff', `Back-off pulling image "${image}"`);
      this.#edge.event('Warning', 'Failed', 'Error: ImagePullBackOff');
    });
  }
}

/** No program stands behind the image. */
class ImageError extends Error {}
