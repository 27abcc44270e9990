/**
 * Everything that happens in one namespace, recorded by watches from its beginning: every stored version of every Rollout, ReplicaSet, Pod,
 * AnalysisRun and Event, in the order in which they were written. Tests wait for a state here and look back at all the states on the way, so
 * nothing is missed between two looks.
 */
import { CoreV1Api, type KubeConfig, Watch } from '@kubernetes/client-node';
import { onTestFinished } from 'vitest';
import type { ReplicaSet } from '../../src/api/kubernetes.ts';
import * as resources from '../../src/api/resources.ts';
import type { Rollout, RolloutStatus } from '../../src/api/rollout.ts';
import { loadKubeConfig as loadOwnKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Resource } from '../../src/runtime/cluster.ts';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { loadKubeConfig } from '../../tools/cluster/objects.ts';
import { sharedCluster } from './cluster.ts';
import { WrittenOrder } from './written-order.ts';

export interface RecordedObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string; readonly name: string }[];
  };
}

export interface RecordedPod extends RecordedObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export interface RecordedEvent extends RecordedObject {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTimestamp: string;
  readonly count?: number;
  readonly involvedObject: { readonly kind: string; readonly name: string };
}

interface Kinds {
  rollouts: Rollout & RecordedObject;
  replicasets: ReplicaSet & RecordedObject;
  pods: RecordedPod;
  analysisruns: RecordedObject;
  events: RecordedEvent;
}

type Kind = keyof Kinds;

/** One stored version of one object. */
export type Version<K extends Kind = Kind> = {
  readonly [P in K]: {
    readonly kind: P;
    readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
    readonly object: Kinds[P];
    readonly at: bigint;
  };
}[K];

const watched: Readonly<Record<Kind, Resource>> = {
  rollouts: resources.rollouts,
  analysisruns: resources.analysisRuns,
  replicasets: resources.replicaSets,
  pods: resources.pods,
  events: resources.events,
};
const kinds = Object.keys(watched) as readonly Kind[];

const defaultTimeoutMs = 20_000;
const retryMs = 200;
const mostFailures = 100;

export class NamespaceRecord {
  readonly #namespace: string;
  readonly #config: KubeConfig;
  readonly #client: KubernetesClient;
  readonly #written = new WrittenOrder<Version>();
  /** kind -> uid -> newest version */
  readonly #present = new Map<Kind, Map<string, RecordedObject>>(kinds.map((kind) => [kind, new Map()]));
  readonly #waiting = new Set<() => void>();
  #failure: string | undefined;

  private constructor(namespace: string, config: KubeConfig, client: KubernetesClient) {
    this.#namespace = namespace;
    this.#config = config;
    this.#client = client;
  }

  /** Ends with the test. */
  static async start(namespace: string, cluster?: OpenedCluster): Promise<NamespaceRecord> {
    const { adminKubeconfig } = cluster ?? (await sharedCluster());
    const config = loadKubeConfig(adminKubeconfig);
    const { config: own } = loadOwnKubeConfig({ kubeconfig: adminKubeconfig, environment: {} });
    const client = KubernetesClient.create({
      config: own,
      clock: systemClock,
      random: Math.random,
      environment: {},
      limits: undefined,
    });
    const record = new NamespaceRecord(namespace, config, client);
    const { metadata } = await config.makeApiClient(CoreV1Api).listNamespacedConfigMap({ namespace });
    const signal = new AbortController();
    onTestFinished(async () => {
      signal.abort();
      await client.close();
    });
    await Promise.all(kinds.map((kind) => record.#watch(kind, metadata?.resourceVersion ?? '0', signal.signal)));
    return record;
  }

  /** Begins again where it broke off: a server whose storage of a kind is young says 429 for a moment. */
  async #watch(kind: Kind, from: string, signal: AbortSignal, failures = 0): Promise<void> {
    const { group, version } = watched[kind];
    const path = `/${group === '' ? 'api' : `apis/${group}`}/${version}/namespaces/${this.#namespace}/${kind}`;
    let newest = from;
    let seen = 0;
    const goOn = (error: unknown): void => {
      if (signal.aborted) return;
      const inRow = seen > 0 ? 0 : failures + 1;
      if (inRow < mostFailures) setTimeout(() => void this.#watch(kind, newest, signal, inRow).catch(goOn), retryMs);
      else this.#fail(`the watch of ${kind} ended: ${error instanceof Error ? error.message : 'closed'}`);
    };
    const take = (type: string, object: RecordedObject): void => {
      // The server's word on the watch itself, such as 429; it ends then and is begun again.
      if (type === 'ERROR') return;
      seen += 1;
      newest = object.metadata.resourceVersion;
      this.#record({ kind, type, object, at: BigInt(newest) } as Version);
    };
    const request = await new Watch(this.#config).watch(path, { resourceVersion: newest }, take, goOn);
    signal.addEventListener('abort', () => request.abort(), { once: true });
  }

  #fail(message: string): void {
    this.#failure = message;
    this.#tell();
  }

  #record(version: Version): void {
    const { kind, type, object } = version;
    this.#written.add(version, { kind, name: object.metadata.name, isGone: type === 'DELETED' });
    if (type === 'DELETED') this.#present.get(kind)?.delete(object.metadata.uid);
    else this.#present.get(kind)?.set(object.metadata.uid, object);
    this.#tell();
  }

  #tell(): void {
    for (const look of this.#waiting) look();
  }

  /** Settles when everything that is there now has been seen here, and the end of what was there. */
  async catchUp(): Promise<void> {
    await Promise.all(
      kinds.map(async (kind) => {
        const page = await this.#client.list(watched[kind], { namespace: this.#namespace });
        await this.untilSeen(`what was written of ${kind} is seen`, () => this.#written.hasAll(kind, page));
      }),
    );
  }

  /** As `untilSeen`, and then for what was written before to be seen too, of all kinds. */
  async until<T>(what: string, look: () => T | undefined | false, timeoutMs?: number): Promise<T> {
    const found = await this.untilSeen(what, look, timeoutMs);
    await this.catchUp();
    return found;
  }

  /** Looks now and after every change; settles with what `look` found. Throws, with the last state, when it does not within the time. */
  untilSeen<T>(what: string, look: () => T | undefined | false, timeoutMs = defaultTimeoutMs): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(again);
      };
      const again = (): void => {
        if (this.#failure !== undefined) {
          finish();
          reject(new Error(this.#failure));
          return;
        }
        try {
          const found = look();
          if (found === undefined || found === false) return;
          finish();
          resolve(found);
        } catch (error) {
          finish();
          reject(error);
        }
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`waited ${timeoutMs} ms for ${what}\n${this.describe()}`));
      }, timeoutMs);
      this.#waiting.add(again);
      again();
    });
  }

  /** A mark to look back to: the newest version that was seen. */
  mark(): bigint {
    return this.#written.mark();
  }

  /** Everything that was written after a mark. */
  history(since = 0n): readonly Version[] {
    return this.#written.since(since);
  }

  versions<K extends Kind>(kind: K, since = 0n): readonly Version<K>[] {
    return this.history(since).filter((version): version is Version<K> & Version => version.kind === kind);
  }

  present<K extends Kind>(kind: K): readonly Kinds[K][] {
    return [...(this.#present.get(kind)?.values() ?? [])] as Kinds[K][];
  }

  rollout(name: string): (Rollout & RecordedObject) | undefined {
    return this.present('rollouts').find(({ metadata }) => metadata.name === name);
  }

  /** ReplicaSets that the Rollout controls, oldest revision first. */
  replicaSets(rollout: string): readonly (ReplicaSet & RecordedObject)[] {
    const revision = ({ metadata }: RecordedObject): number => Number(metadata.annotations?.['rollout.argoproj.io/revision'] ?? 0);
    return this.present('replicasets')
      .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.name === rollout))
      .sort((a, b) => revision(a) - revision(b));
  }

  /** `<Type> <Reason>: <message>`, in the order in which they were written. */
  events(rollout: string, since = 0n): readonly string[] {
    return this.versions('events', since)
      .filter(({ type, object }) => type !== 'DELETED' && object.involvedObject.kind === 'Rollout')
      .filter(({ object }) => object.involvedObject.name === rollout)
      .map(({ object }) => `${object.type} ${object.reason}: ${object.message}`);
  }

  /** Waits until an event says this. Events are written beside the work, so they may come after the status. */
  async untilTold(rollout: string, text: string, since = 0n): Promise<void> {
    await this.until(`an event of ${rollout} that says "${text}"`, () =>
      this.events(rollout, since).some((event) => event.includes(text)),
    );
  }

  /** Waits for a status that is of the newest generation and fits. */
  async untilStatus(
    rollout: string,
    what: string,
    fits: (status: RolloutStatus, object: Rollout & RecordedObject) => boolean,
    timeoutMs?: number,
  ): Promise<Rollout & RecordedObject> {
    return await this.until(
      `${rollout}: ${what}`,
      () => {
        const object = this.rollout(rollout);
        const { status } = object ?? {};
        if (object === undefined || status === undefined) return undefined;
        if (status.observedGeneration !== String(object.metadata.generation)) return undefined;
        return fits(status, object) ? object : undefined;
      },
      timeoutMs,
    );
  }

  async untilPhase(rollout: string, phase: string, timeoutMs?: number): Promise<Rollout & RecordedObject> {
    return await this.untilStatus(rollout, `phase ${phase}`, (status) => status.phase === phase, timeoutMs);
  }

  /** The state at a glance, for messages of failed tests. */
  describe(): string {
    const lines = this.present('rollouts').map(
      ({ metadata, status }) => `${metadata.name} gen ${metadata.generation}: ${JSON.stringify(status)}`,
    );
    const sets = this.present('replicasets').map(
      ({ metadata, spec, status }) =>
        `${metadata.name}: ${spec.replicas} wanted, ${status?.replicas ?? 0} made, ${status?.availableReplicas ?? 0} available`,
    );
    const events = this.versions('events').map(
      ({ object }) => `  ${object.involvedObject.name} ${object.type} ${object.reason}: ${object.message}`,
    );
    return [...lines, ...sets, ...events.slice(-30)].join('\n');
  }
}
