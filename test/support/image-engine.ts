/** The engine of one run of the project `image`, which its tests find in their environment: outside, `withEngine`; in a test, `engineOfRun`. */
import { importBaseImage } from '../../tools/image/base-image.ts';
import { openEngine } from '../../tools/image/docker-engine.ts';

/** `nodeImage`: the base that can be had here; undefined: that of the Dockerfile, which the engine pulls. */
export interface EngineOfRun {
  readonly client: string;
  readonly nodeImage: string | undefined;
}

const clientVariable = 'RAMPART_TEST_DOCKER';
const baseVariable = 'RAMPART_TEST_NODE_IMAGE';

export async function withEngine<T>(work: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const engine = await openEngine();
  try {
    const shared = { ...process.env, DOCKER_HOST: engine.host, DOCKER_BUILDKIT: '1', [clientVariable]: engine.client };
    if (!engine.isOwn) return await work(shared);
    // testcontainers would start a container that clears away after it: it cannot be pulled here, and all of this engine is cleared away. Where it
    // takes the machine for a container it would look for a bridge as well.
    const unaided = { TESTCONTAINERS_RYUK_DISABLED: 'true', TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1' };
    return await work({ ...shared, ...unaided, [baseVariable]: await importBaseImage(engine) });
  } finally {
    await engine.stop();
  }
}

export function engineOfRun(): EngineOfRun {
  const client = process.env[clientVariable];
  if (client === undefined) throw new Error('The project `image` runs by `npm test -- --image`: it needs a Docker engine.');
  return { client, nodeImage: process.env[baseVariable] };
}
