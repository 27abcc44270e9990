/**
 * What goes when its owners go: dependents in the background, owners that are deleted in the foreground behind their dependents, and
 * everything in a namespace with it.
 */
import type { KubeObject, OwnerReference, Resource } from '../../api/kubernetes.ts';
import { keyText, keyTextOf, parseKeyText } from '../../runtime/object-key.ts';
import { namespaces } from '../api-server/builtin-kinds.ts';
import { kindText } from '../api-server/kinds.ts';
import { KeyedWork } from './keyed-work.ts';
import type { Kube } from './kube.ts';

const actor = 'garbage-collector';

export class GarbageCollector {
  readonly #kube: Kube;
  readonly #work: KeyedWork;
  /** uid of an owner -> `kind|key` of what names it */
  readonly #dependents = new Map<string, Set<string>>();

  constructor(kube: Kube) {
    this.#kube = kube;
    const random = kube.random.split(actor);
    this.#work = new KeyedWork({ clock: kube.clock, delayMs: () => random.integer(20, 200), look: (text) => this.#look(text) });
    kube.server.storage.onAnyChange(({ kind, key, old, object, isGone }) => {
      const text = `${kind}|${key}`;
      if (old !== undefined && old.metadata.ownerReferences !== object.metadata.ownerReferences) this.#index(text, old, false);
      if (isGone || old?.metadata.ownerReferences !== object.metadata.ownerReferences || old === undefined)
        this.#index(text, object, !isGone);
      if (isGone) {
        for (const dependent of this.#dependents.get(object.metadata.uid ?? '') ?? []) this.#work.enqueue(dependent);
        this.#enqueueOwners(object);
      } else if (old === undefined || object.metadata.deletionTimestamp !== undefined) this.#work.enqueue(text);
    });
  }

  #index(text: string, { metadata }: KubeObject, isThere: boolean): void {
    for (const { uid } of metadata.ownerReferences ?? []) {
      const known = this.#dependents.get(uid) ?? new Set();
      if (isThere) known.add(text);
      else known.delete(text);
      if (known.size > 0) this.#dependents.set(uid, known);
      else this.#dependents.delete(uid);
    }
  }

  #enqueueOwners(object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const resource = this.#kube.server.resourceOf(owner.apiVersion, owner.kind);
      if (resource === undefined) continue;
      const key = keyText({ namespace: resource.namespaced ? object.metadata.namespace : undefined, name: owner.name });
      this.#work.enqueue(`${kindText(resource)}|${key}`);
    }
  }

  #look(text: string): number | undefined {
    const [kind = '', key = ''] = text.split('|');
    const resource = this.#kube.server.resources().find((one) => kindText(one) === kind);
    const object = this.#kube.server.storage.get(kind, key);
    if (resource === undefined || object === undefined) return undefined;
    if (object.metadata.deletionTimestamp !== undefined) return this.#ending(resource, object);
    const owners = object.metadata.ownerReferences ?? [];
    const living = owners.filter((owner) => this.#ownerOf(object, owner) !== undefined);
    if (owners.length === 0 || living.length > 0) return undefined;
    this.#kube.server.delete(resource, parseKeyText(key), { propagation: 'Background' }, actor);
    return undefined;
  }

  /** An object that waits for its dependents, or lets go of them. */
  #ending(resource: Resource, object: KubeObject): number | undefined {
    const { server } = this.#kube;
    if (kindText(resource) === kindText(namespaces)) return this.#emptied(object);
    const finalizers = object.metadata.finalizers ?? [];
    const isForeground = finalizers.includes('foregroundDeletion');
    if (!isForeground && !finalizers.includes('orphan')) return undefined;
    const dependents = [...(this.#dependents.get(object.metadata.uid ?? '') ?? [])];
    let waits = false;
    for (const text of dependents) {
      const [kind = '', key = ''] = text.split('|');
      const dependent = server.storage.get(kind, key);
      const dependentResource = server.resources().find((one) => kindText(one) === kind);
      if (dependent === undefined || dependentResource === undefined) continue;
      if (!isForeground) this.#letGo(dependentResource, dependent, object);
      else {
        if (dependent.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid && owner.blockOwnerDeletion))
          waits = true;
        if (dependent.metadata.deletionTimestamp === undefined)
          server.delete(dependentResource, parseKeyText(key), { propagation: 'Foreground' }, actor);
      }
    }
    if (waits) return undefined;
    const left = finalizers.filter((one) => one !== 'foregroundDeletion' && one !== 'orphan');
    const body = { metadata: { finalizers: left.length === 0 ? null : left } };
    server.patch(resource, parseKeyText(keyTextOf(object)), { type: 'merge', body }, {}, actor);
    return undefined;
  }

  #letGo(resource: Resource, dependent: KubeObject, owner: KubeObject): void {
    const left = (dependent.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid);
    const body = { metadata: { ownerReferences: left.length === 0 ? null : left } };
    this.#kube.server.patch(resource, parseKeyText(keyTextOf(dependent)), { type: 'merge', body }, {}, actor);
  }

  #emptied({ metadata: { name } }: KubeObject): number | undefined {
    const { server } = this.#kube;
    let isEmpty = true;
    for (const resource of server.resources()) {
      if (!resource.namespaced) continue;
      for (const object of [...server.all(resource, name)]) {
        isEmpty = false;
        if (object.metadata.deletionTimestamp === undefined)
          server.delete(resource, object.metadata, { propagation: 'Background' }, actor);
      }
    }
    if (!isEmpty) return 200;
    server.storage.remove(kindText(namespaces), name, actor);
    return undefined;
  }

  #ownerOf({ metadata: { namespace } }: KubeObject, { apiVersion, kind, name, uid }: OwnerReference): KubeObject | undefined {
    const resource = this.#kube.server.resourceOf(apiVersion, kind);
    if (resource === undefined) return undefined;
    const found = this.#kube.server.storage.get(
      kindText(resource),
      keyText({ namespace: resource.namespaced ? namespace : undefined, name }),
    );
    return found?.metadata.uid === uid ? found : undefined;
  }
}
