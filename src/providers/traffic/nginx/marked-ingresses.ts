/** Takes canary Ingresses away by the marks that they wear: for Rollouts that are gone, or that steer no Ingresses any more. */
import { rollouts as rolloutResource } from '../../../api/resources.ts';
import type { Cluster } from '../../../runtime/cluster.ts';
import { everyOne } from '../every-one.ts';
import type { RouteReleaser } from '../traffic-router.ts';
import type { Ingress, IngressSource } from './ingress-object.ts';
import { removeCanary } from './ingress-writer.ts';

export class MarkedIngresses implements RouteReleaser {
  readonly #cluster: Cluster;
  readonly #source: IngressSource;

  constructor(cluster: Cluster, source: IngressSource) {
    this.#cluster = cluster;
    this.#source = source;
  }

  rollouts(): Iterable<string> {
    return this.#source.markedRollouts();
  }

  has(rollout: string): boolean {
    return markedCanaries(this.#source, rollout).length > 0;
  }

  async release(rollout: string, signal: AbortSignal): Promise<readonly string[]> {
    const refusals = await everyOne(markedCanaries(this.#source, rollout), async ({ metadata }) => {
      const { namespace = '', name, uid } = metadata;
      const refusal = await removeCanary(this.#cluster, { namespace, name, uid }, signal);
      return refusal === undefined ? [] : [`Ingress ${namespace}/${name} ${refusal}`];
    });
    return refusals.flat();
  }
}

/** Those that a router has made: a mark that somebody has copied onto an Ingress of their own makes it nobody's to take away. */
export function markedCanaries(source: IngressSource, rollout: string): readonly Ingress[] {
  const [, name = ''] = rollout.split('/');
  return source.marked(rollout).filter(({ metadata }) => {
    const controller = metadata.ownerReferences?.find((one) => one.controller === true);
    const isOthers = controller !== undefined && (controller.kind !== rolloutResource.kind || controller.name !== name);
    return !isOthers && metadata.name.startsWith(`${name}-`) && metadata.name.endsWith('-canary');
  });
}
