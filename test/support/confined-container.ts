/** A container as a careful platform runs it, through testcontainers: read-only, without capabilities or new privileges, as a numeric user. */
import type { StartedTestContainer } from 'testcontainers';
import { GenericContainer, getContainerRuntimeClient, StartupCheckStrategy } from 'testcontainers';
import { onTestFinished } from 'vitest';

export interface ContainerSettings {
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Path on the machine -> path in the container, read only. */
  readonly files?: Readonly<Record<string, string>>;
}

class ConfinedContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
  }
}

/** Health is for the tests to see: a container that never gets there has a log to show. */
class Started extends StartupCheckStrategy {
  override async checkStartupState(engine: Parameters<StartupCheckStrategy['checkStartupState']>[0], id: string) {
    const { State } = await engine.getContainer(id).inspect();
    return State.Status === 'created' ? 'PENDING' : 'SUCCESS';
  }
}

export interface ConfinedRun {
  /** Standard output of a script of Node in the container. Throws when it ends with another code than 0. */
  node(script: string): Promise<string>;
  log(): Promise<string>;
  /** `starting`, `healthy`, `unhealthy` */
  health(): Promise<string>;
  /** SIGTERM; its exit code, and how long that took. */
  terminate(): Promise<{ readonly code: number; readonly tookMs: number }>;
}

/** On the machine's network. It is gone after the test. */
export async function startConfined(settings: ContainerSettings): Promise<ConfinedRun> {
  const { image, command, entrypoint, env = {}, files = {} } = settings;
  const wanted = new ConfinedContainer(image)
    .withDroppedCapabilities('ALL')
    .withSecurityOpt('no-new-privileges')
    .withUser('65532:65532')
    .withNetworkMode('host')
    .withWaitStrategy(new Started())
    .withEnvironment({ ...env })
    .withBindMounts(Object.entries(files).map(([source, target]) => ({ source, target, mode: 'ro' })));
  if (command !== undefined) wanted.withCommand([...command]);
  if (entrypoint !== undefined) wanted.withEntrypoint([...entrypoint]);
  const started = await wanted.start();
  const run = await runOf(started);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') console.error(`log of ${image}:\n${await run.log().catch(String)}`);
    await started.stop();
  });
  return run;
}

async function runOf(started: StartedTestContainer): Promise<ConfinedRun> {
  const { container: api } = await getContainerRuntimeClient();
  const container = api.getById(started.getId());
  return {
    node: async (script) => {
      const { exitCode, output } = await started.exec(['node', '-e', script]);
      if (exitCode !== 0) throw new Error(`the script ended with ${exitCode}: ${output}`);
      return output;
    },
    log: async () => (await container.logs({ stdout: true, stderr: true })).toString(),
    health: async () => (await container.inspect()).State.Health?.Status ?? 'none',
    terminate: async () => {
      const ended = container.wait() as Promise<{ readonly StatusCode: number }>;
      const startedAt = performance.now();
      await container.kill({ signal: 'SIGTERM' });
      const { StatusCode } = await ended;
      return { code: StatusCode, tookMs: performance.now() - startedAt };
    },
  };
}
