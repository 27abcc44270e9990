/** Every version of the objects of a fleet, by namespace, in the order of their writes, and what is there now; fed by etcd itself. */
import type { KubeObject } from '../../src/api/kubernetes.ts';
import type { LeaseObject } from '../../src/runtime/lease.ts';
import type { Version } from '../../test/support/watched-namespace.ts';
import type { Etcd, Written } from './etcd.ts';

/** What stands between `/registry/` and the namespace -> kind */
const kinds: ReadonlyMap<string, string> = new Map([
  ['argoproj.io/rollouts', 'Rollout'],
  ['replicasets', 'ReplicaSet'],
  ['services/specs', 'Service'],
  ['endpointslices', 'EndpointSlice'],
  ['gateway.networking.k8s.io/httproutes', 'HTTPRoute'],
  ['events', 'Event'],
]);
const leaseKey = /^\/registry\/leases\/[^/]+\/argo-rollouts-controller-lock$/;
const lookAgainMs = 250;

export class History {
  readonly #etcd: Etcd;
  readonly #abort = new AbortController();
  readonly #versions = new Map<string, Version[]>();
  /** `namespace/kind/name` -> as it is now */
  readonly #present = new Map<string, KubeObject>();
  #following: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** Everything up to here has been seen. */
  seen = 0n;
  /** Identity of the process that holds the lease of the controller. */
  holder: string | undefined;
  /** How often that has changed. */
  leaders = 0;

  constructor(etcd: Etcd) {
    this.#etcd = etcd;
  }

  async begin(): Promise<void> {
    this.seen = await this.#etcd.revision();
    this.#following = this.#etcd
      .follow(this.seen, (written) => this.#see(written), this.#abort.signal)
      .catch((error: unknown) => {
        this.#failure = error;
      });
  }

  of(namespace: string): readonly Version[] {
    return this.#versions.get(namespace) ?? [];
  }

  get<T extends KubeObject>(namespace: string, kind: string, name: string): T | undefined {
    return this.#present.get(`${namespace}/${kind}/${name}`) as T | undefined;
  }

  all<T extends KubeObject>(namespace: string, kind: string): readonly T[] {
    const start = `${namespace}/${kind}/`;
    return [...this.#present].filter(([key]) => key.startsWith(start)).map(([, object]) => object as T);
  }

  /** Settles when the condition holds. Rejects when time is up, or when versions would be missed. */
  async until(what: () => string, condition: () => boolean, withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!condition()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > deadline) throw new Error(`after ${withinMs / 1000} s still waiting: ${what()}`);
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    }
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#following;
  }

  #see({ revision, key, value }: Written): void {
    this.seen = revision;
    if (leaseKey.test(key)) {
      this.#lease(value === undefined ? undefined : (JSON.parse(value) as LeaseObject));
      return;
    }
    const parts = key.slice('/registry/'.length).split('/');
    const [namespace = '', name = ''] = parts.slice(-2);
    const kind = kinds.get(parts.slice(0, -2).join('/'));
    if (kind === undefined || !namespace.startsWith('fleet-')) return;
    const object = value === undefined ? undefined : versioned(JSON.parse(value) as KubeObject, revision);
    if (object === undefined) this.#present.delete(`${namespace}/${kind}/${name}`);
    else this.#present.set(`${namespace}/${kind}/${name}`, object);
    const versions = this.#versions.get(namespace) ?? [];
    this.#versions.set(namespace, versions);
    versions.push({ at: revision, kind, name, object, seenMs: performance.now() });
  }

  #lease(lease: LeaseObject | undefined): void {
    const holder = lease?.spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.holder) return;
    this.holder = holder;
    this.leaders += 1;
  }
}

/** Its version is not part of what is stored. */
function versioned(object: KubeObject, revision: bigint): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
