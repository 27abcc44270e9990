/** Reads what commands show. What the person may not see, or the cluster does not have, is left out and said; the object itself must be there. */
import type { AnalysisRun } from '../api/analysis-run.ts';
import { decodeRollout } from '../api/decode.ts';
import type { Experiment } from '../api/experiment.ts';
import type { KubeObject } from '../api/kubernetes.ts';
import * as resources from '../api/resources.ts';
import type { Rollout } from '../api/rollout.ts';
import { ApiError, type Cluster, type Resource } from '../runtime/cluster.ts';
import { CommandError, type Connection } from './command.ts';
import type { Surroundings } from './view/family.ts';
import type { Pod } from './view/pod-state.ts';

const pageSize = 500;

/** Undefined looks in all namespaces. */
export async function listAll<T extends KubeObject>(
  cluster: Cluster,
  resource: Resource<T>,
  namespace: string | undefined,
): Promise<readonly T[]> {
  const found: T[] = [];
  let continueToken: string | undefined;
  do {
    const page = await cluster.list(resource, {
      ...(namespace !== undefined && resource.namespaced && { namespace }),
      limit: pageSize,
      ...(continueToken !== undefined && { continueToken }),
    });
    found.push(...page.items);
    continueToken = page.continueToken;
  } while (continueToken !== undefined);
  // Items of lists come without them.
  return found.map((item) => ({ apiVersion: apiVersionOf(resource), kind: resource.kind, ...item }));
}

export function apiVersionOf({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

export async function readObject<T extends KubeObject>(
  { cluster, namespace }: Connection,
  resource: Resource<T>,
  name: string,
): Promise<T> {
  const object = await cluster.get(resource, { namespace, name });
  if (object === undefined) throw notFound(resource, name, namespace);
  return object;
}

export function notFound(resource: Resource, name: string, namespace: string): CommandError {
  return new CommandError(`${resource.kind} "${name}" not found in namespace ${namespace}; -n names another one`);
}

/** What does not fit the schema is absent in it. */
export async function readRollout(connection: Connection, name: string): Promise<Rollout> {
  return decodeRollout(await readObject(connection, resources.rollouts, name)).rollout;
}

export const podResource: Resource<Pod> = resources.pods;

/** Resources of `Surroundings`, by its fields. */
export const surroundingResources = {
  replicaSets: resources.replicaSets,
  pods: podResource,
  analysisRuns: resources.analysisRuns,
  experiments: resources.experiments,
} as const;

export type SurroundingName = keyof typeof surroundingResources;
export const surroundingNames = Object.keys(surroundingResources) as readonly SurroundingName[];

/** What could not be read, with a sentence for people. */
export type Gaps = ReadonlyMap<SurroundingName, string>;

export async function readSurroundings({ cluster, namespace }: Connection): Promise<{ all: Surroundings; gaps: Gaps }> {
  const gaps = new Map<SurroundingName, string>();
  const read = async <T extends KubeObject>(name: SurroundingName, resource: Resource<T>): Promise<readonly T[]> => {
    try {
      return await listAll(cluster, resource, namespace);
    } catch (error) {
      const why = gapIn(error, resource);
      if (why === undefined) throw error;
      gaps.set(name, why);
      return [];
    }
  };
  const [replicaSets, pods, analysisRuns, experiments] = await Promise.all([
    read('replicaSets', resources.replicaSets),
    read<Pod>('pods', podResource),
    read<AnalysisRun>('analysisRuns', resources.analysisRuns),
    read<Experiment>('experiments', resources.experiments),
  ]);
  return { all: { replicaSets, pods, analysisRuns, experiments }, gaps };
}

/** Why a kind of objects cannot be seen here; undefined for errors that are no gap. */
export function gapIn(error: unknown, { plural }: Resource): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.code === 'forbidden') return `you may not list ${plural} here`;
  return error.code === 'not-found' ? `this cluster has no ${plural}` : undefined;
}
