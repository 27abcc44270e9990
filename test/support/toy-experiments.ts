/** The Experiments of a toy world: they run as soon as they are there, end as they are told, and keep what routes may lead to. */
import type { Experiment } from '../../src/api/experiment.ts';
import type { EndpointSlice, Service } from '../../src/api/kubernetes.ts';
import { annotations } from '../../src/api/names.ts';
import type { Rollout } from '../../src/api/rollout.ts';
import { isInUse } from '../../src/core/experiment/in-use.ts';
import type { Effect } from '../../src/core/rollout/decision.ts';
import { sliceOf } from './toy-objects.ts';

type ExperimentEffect = Extract<Effect, { kind: 'create-experiment' | 'terminate-experiment' | 'delete-experiment' }>;

type Verdict = 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

interface Surroundings {
  readonly nowMs: number;
  readonly rollout: Rollout;
}

export class ToyExperiments {
  readonly all = new Map<string, Experiment>();
  /** Of their templates. */
  readonly services = new Map<string, Service>();
  readonly endpointSlices = new Map<string, readonly EndpointSlice[]>();
  readonly #bornMs = new Map<string, number>();

  apply(effect: ExperimentEffect, nowMs: number): void {
    if (effect.kind === 'create-experiment') this.#create(effect.experiment, nowMs);
    else if (effect.kind === 'delete-experiment') this.all.delete(effect.name);
    else this.#terminate(effect.name);
  }

  #create(experiment: Experiment, nowMs: number): void {
    const { name } = experiment.metadata;
    if (this.all.has(name)) throw new Error(`${name} exists`);
    const metadata = { ...experiment.metadata, uid: `u-${name}`, creationTimestamp: new Date(nowMs).toISOString() };
    this.all.set(name, { ...experiment, metadata });
    this.#bornMs.set(name, nowMs);
  }

  #terminate(name: string): void {
    const old = this.all.get(name);
    if (old !== undefined) this.all.set(name, { ...old, spec: { ...old.spec, terminate: true } });
  }

  /** What those under way say from now on. */
  verdict(phase: Verdict, message?: string, only?: string): void {
    for (const [name, experiment] of this.all) {
      if (experiment.status?.phase !== 'Running' || name !== (only ?? name)) continue;
      const templateStatuses = experiment.status.templateStatuses?.map((one) => ({ ...one, status: 'Successful' }));
      this.all.set(name, {
        ...experiment,
        status: { phase, ...(message === undefined ? {} : { message }), ...(templateStatuses && { templateStatuses }) },
      });
    }
  }

  /** True if something moved. */
  run(world: Surroundings): boolean {
    let moved = false;
    for (const [name, experiment] of this.all) moved = this.#runOne(name, experiment, world) || moved;
    return moved;
  }

  #runOne(name: string, experiment: Experiment, world: Surroundings): boolean {
    const { phase } = experiment.status ?? {};
    if (phase === undefined) {
      if (world.nowMs < (this.#bornMs.get(name) ?? 0) + 1000) return false;
      this.#begin(name, experiment);
      return true;
    }
    if (phase === 'Running' && experiment.spec.terminate === true) {
      this.verdict('Successful', undefined, name);
      return true;
    }
    const own = [...this.services.values()].filter(({ metadata }) => metadata.annotations?.[annotations.experimentName] === name);
    if (phase === 'Running' || own.length === 0 || isInUse(world.rollout, experiment, own)) return false;
    for (const { metadata } of own) {
      this.services.delete(metadata.name);
      this.endpointSlices.delete(metadata.name);
    }
    return true;
  }

  #begin(name: string, experiment: Experiment): void {
    const templateStatuses = (experiment.spec.templates ?? []).map(({ name: template, service }) => {
      const serviceName = service?.name ?? `${name}-${template}`;
      if (service === undefined) return { name: template, status: 'Running' };
      const metadata = { name: serviceName, namespace: 'default', annotations: { [annotations.experimentName]: name } };
      this.services.set(serviceName, { metadata, spec: { ports: [{ name: 'http', port: 80 }] } });
      this.endpointSlices.set(serviceName, [
        sliceOf(serviceName, [{ name: `${serviceName}-1`, readyAtMs: 0, bornMs: 0, metadata: {} }]),
      ]);
      return { name: template, status: 'Running', serviceName };
    });
    this.all.set(name, { ...experiment, status: { phase: 'Running', templateStatuses } });
  }
}
