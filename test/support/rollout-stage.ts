/** One namespace with the real controller at work in it, kubectl for the user's acts and a record of all that happens. */

import { onTestFinished } from 'vitest';
import { createNamespace, deleteNamespace } from './cluster.ts';
import { type ControllerSettings, type RunningController, startController } from './controller.ts';
import { Kubectl } from './kubectl.ts';
import { NamespaceRecord } from './namespace-record.ts';

export interface Stage {
  readonly namespace: string;
  readonly kubectl: Kubectl;
  readonly record: NamespaceRecord;
  readonly controller: RunningController;
}

/** All of it ends with the test. */
export async function setStage(settings: Omit<ControllerSettings, 'namespace'> = {}): Promise<Stage> {
  const stage = await setQuietStage(settings);
  return { ...stage, controller: await startController({ ...settings, namespace: stage.namespace }) };
}

/** A stage without a controller yet. */
export async function setQuietStage({ cluster }: Pick<ControllerSettings, 'cluster'> = {}): Promise<Omit<Stage, 'controller'>> {
  const namespace = await createNamespace(cluster);
  onTestFinished(async () => await deleteNamespace(namespace, cluster));
  const record = await NamespaceRecord.start(namespace, cluster);
  const kubectl = await Kubectl.open(namespace, cluster, () => record.catchUp());
  return { namespace, kubectl, record };
}

export interface ShopSettings {
  readonly name?: string;
  readonly image?: string;
  readonly replicas?: number;
  /** Of `spec.strategy.canary`. */
  readonly canary?: object;
  /** More of `spec`. */
  readonly spec?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The Rollout of the recorded transcripts: 2 replicas, maxSurge 1, maxUnavailable 0, setWeight 50 and an indefinite pause. */
export function shop(settings: ShopSettings = {}): object {
  const { name = 'shop', image = 'shop:1.0.0', replicas = 2, canary, spec, annotations } = settings;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, ...(annotations !== undefined && { annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image }] } },
      strategy: { canary: canary ?? { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause: {} }] } },
      ...spec,
    },
  };
}
