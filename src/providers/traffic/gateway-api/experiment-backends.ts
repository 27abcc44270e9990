/**
 * The backends that experiments add to a rule of the user, and take off again: copies of the stable backend that lead to a Service of the
 * experiment instead. What was added is known by the mark on the route; a backend of the same name that is not is the user's.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AdditionalRoute } from '../../../core/rollout/routes.ts';
import type { PatchOperation } from './plan-route.ts';
import type { BackendRef } from './route-object.ts';

/** The backends of one rule. `stable`, `canary`, `added`: places among them. */
export interface SharedBackends {
  readonly backends: readonly BackendRef[];
  readonly stable: readonly number[];
  readonly canary: readonly number[];
  readonly added: readonly number[];
}

export interface Shares {
  readonly stableWeight: number;
  readonly canaryWeight: number;
  readonly additional: readonly AdditionalRoute[];
}

/** The user's in their order with their weights, then those of experiments: one for each stable backend, so that shares stay shares. */
export function wantedBackends({ backends, stable, canary, added }: SharedBackends, shares: Shares): readonly BackendRef[] {
  const users = backends.flatMap((backend, place) => {
    if (added.includes(place)) return [];
    if (stable.includes(place)) return [{ ...backend, weight: shares.stableWeight }];
    return [canary.includes(place) ? { ...backend, weight: shares.canaryWeight } : backend];
  });
  const others = shares.additional.flatMap(({ service, weight, ports = {} }) =>
    stable.flatMap((place) => {
      const backend = backends[place];
      const port = ports[String(backend?.port)] ?? backend?.port;
      return backend === undefined ? [] : [{ ...backend, name: service, ...(port === undefined ? {} : { port }), weight }];
    }),
  );
  return [...users, ...others];
}

/** A part of a sentence that follows the route's name, for what cannot be added to this rule; undefined where all can. */
export function additionProblem(
  { backends, stable, added }: SharedBackends,
  { additional }: Pick<Shares, 'additional'>,
  isService: (backend: BackendRef, name: string) => boolean,
): string | undefined {
  for (const { service, ports } of additional) {
    if (backends.some((backend, place) => !added.includes(place) && isService(backend, service))) {
      return `names the Service ${service} already, which the experiment adds by itself; take it out`;
    }
    const strange = stable
      .map((place) => backends[place]?.port)
      .find((port) => ports !== undefined && ports[String(port)] === undefined);
    if (strange !== undefined)
      return `leads to port ${strange} of the stable Service, for which Service ${service} has no counterpart`;
  }
  return undefined;
}

/** Weights alone where only they differ; else the whole list, which rests on the list that was read. */
export function backendOperations(
  path: string,
  backends: readonly BackendRef[],
  wanted: readonly BackendRef[],
): readonly PatchOperation[] {
  const test: PatchOperation = { op: 'test', path, value: backends };
  const bare = (list: readonly BackendRef[]) => list.map((backend) => ({ ...backend, weight: 0 }));
  if (!isDeepStrictEqual(bare(backends), bare(wanted))) return [test, { op: 'replace', path, value: wanted }];
  const changes = wanted.flatMap(({ weight }, place): PatchOperation[] =>
    backends[place]?.weight === weight ? [] : [{ op: 'add', path: `${path}/${place}/weight`, value: weight }],
  );
  return changes.length === 0 ? [] : [test, ...changes];
}
