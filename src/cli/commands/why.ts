/** `rampart why`: asks the controller's own decision what a Rollout is doing and what comes next. */
import type { KubeObject } from '../../api/kubernetes.ts';
import { explain } from '../../core/rollout/explain.ts';
import { type CommandLine, type Connection, type Context, exitCodes, textFlag } from '../command.ts';
import { ObjectsAtHand } from '../observed.ts';
import { gapIn, listAll, podResource, readRollout } from '../reading.ts';
import { oneTarget } from '../targets.ts';
import { templateOwner } from '../template-owner.ts';
import { podTrouble } from '../view/pod-trouble.ts';

export async function run(line: CommandLine, context: Context): Promise<number> {
  const { name } = oneTarget(line, ['rollout']);
  const connection = context.connect(line);
  try {
    const rollout = await readRollout(connection, name);
    const at = new ObjectsAtHand(context.clock);
    const [pods, ...lists] = await Promise.all([
      readList(connection, podResource),
      ...at.resources.map((resource) => readList(connection, resource)),
    ]);
    for (const [index, resource] of at.resources.entries()) at.add(resource, lists[index]?.objects ?? []);
    if (rollout.spec.workloadRef !== undefined) {
      const owner = templateOwner(rollout);
      const { namespace } = connection;
      const workload = await connection.cluster.get(owner.resource, { namespace, name: owner.name });
      at.addWorkloads(owner.resource.kind, workload === undefined ? [] : [workload]);
    }
    const observed = at.observe(rollout);
    const hash = rollout.status?.currentPodHash;
    const current = observed.replicaSets.find(({ metadata }) => metadata.labels?.['rollouts-pod-template-hash'] === hash);
    const trouble = podTrouble(pods.objects, current?.metadata.uid);
    const { phase, sentences } = explain(observed, context.clock.now(), trouble);
    const gaps = [pods, ...lists].flatMap(({ gap }) => (gap === undefined ? [] : [gap]));
    if (textFlag(line, 'output') === 'json') context.out.write(`${JSON.stringify({ phase, sentences, gaps })}\n`);
    else context.out.write(`${sentences.join('\n')}\n`);
    if (gaps.length > 0) context.errors.write(`This may not be the whole of it: ${gaps.join('; ')}.\n`);
    return exitCodes.done;
  } finally {
    await connection.close();
  }
}

interface Listed<T> {
  readonly objects: readonly T[];
  /** Why there are none. */
  readonly gap: string | undefined;
}

async function readList<T extends KubeObject>(
  { cluster, namespace }: Connection,
  resource: Parameters<typeof listAll<T>>[1],
): Promise<Listed<T>> {
  try {
    return { objects: await listAll<T>(cluster, resource, namespace), gap: undefined };
  } catch (error) {
    const gap = gapIn(error, resource);
    if (gap === undefined) throw error;
    return { objects: [], gap };
  }
}
