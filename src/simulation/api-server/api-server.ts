/**
 * The virtual API server without its network: every request is carried out at once, in the order in which they come, by the rules that a
 * real one follows for the kinds it knows. Its answers are those of the Cluster port; what goes wrong is thrown as ApiError.
 */
import type { Definition } from '../../api/crd/definitions.ts';
import type { KubeObject, ObjectMeta, Resource } from '../../api/kubernetes.ts';
import {
  ApiError,
  type CreateResult,
  type DeleteOptions,
  type ListOptions,
  type ObjectKey,
  type Page,
  type Patch,
  type WriteOptions,
  type WriteResult,
} from '../../runtime/cluster.ts';
import { keyText, keyTextOf } from '../../runtime/object-key.ts';
import type { Random } from '../random.ts';
import { FieldManagers } from './apply-patch.ts';
import { builtinKinds, gatewayKinds, namespaces } from './builtin-kinds.ts';
import { frozenJson, isMap, type JsonMap, sameJson } from './json.ts';
import { JsonPatchError, jsonPatched } from './json-patch.ts';
import { apiVersionOf, customKind, type Kind, kindText, openKind } from './kinds.ts';
import { mergePatched, strategicPatched } from './merge-patch.ts';
import { generationOf, graceOf, restricted, serverFields, withoutServerFields } from './object-changes.ts';
import { metadataMistakes, nameMistake } from './object-names.ts';
import { replicasPatched, scaleOf } from './scale.ts';
import { selectsBy } from './selectors.ts';
import { Storage } from './storage.ts';

export interface ApiServerOptions {
  readonly clock: { now(): number };
  readonly random: Random;
}

type Subresource = WriteOptions['subresource'];

export class ApiServer {
  readonly storage = new Storage();
  readonly #clock: ApiServerOptions['clock'];
  readonly #random: Random;
  /** `group/plural` -> what is known of the kind */
  readonly #kinds = new Map<string, Kind>();
  readonly #managers = new FieldManagers();
  #uids = 0;

  constructor({ clock, random }: ApiServerOptions) {
    this.#clock = clock;
    this.#random = random;
    for (const kind of [...builtinKinds, ...gatewayKinds]) this.#kinds.set(kindText(kind.resource), kind);
    for (const name of ['default', 'kube-system']) this.create(namespaces, { metadata: { name } }, 'kubernetes');
  }

  /** Serves a custom kind, as after its CRD was applied. */
  serve(definition: Definition): void {
    this.#kinds.set(kindText(definition.resource), customKind(definition));
  }

  /** Serves a kind of which nothing is known but its name. */
  serveOpen(resource: Resource, versions?: readonly string[]): void {
    this.#kinds.set(kindText(resource), openKind(resource, versions));
  }

  /** Does not serve the kind any more. */
  withdraw(resource: Resource): void {
    this.#kinds.delete(kindText(resource));
  }

  /** The kind of this name, whatever its group and version, if it is served. */
  resourceOf(apiVersion: string, kind: string): Resource | undefined {
    for (const { resource } of this.#kinds.values()) {
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
      if (resource.kind === kind && resource.group === group) return resource;
    }
    return undefined;
  }

  resources(): readonly Resource[] {
    return [...this.#kinds.values()].map(({ resource }) => resource);
  }

  get<T extends KubeObject>(resource: Resource<T>, key: ObjectKey): T | undefined {
    this.kindOf(resource);
    return this.storage.get(kindText(resource), keyText(key)) as T | undefined;
  }

  /** Of one namespace or of all, in no particular order. */
  *all<T extends KubeObject>(resource: Resource<T>, namespace?: string): Generator<T> {
    for (const object of this.storage.all(kindText(resource)))
      if (namespace === undefined || object.metadata.namespace === namespace) yield object as T;
  }

  list<T extends KubeObject>(resource: Resource<T>, options: ListOptions): Page<T> {
    this.kindOf(resource);
    const [version = '', after = ''] = (options.continueToken ?? `${this.storage.version}/`).split(/\/(.*)/s);
    const selects = selectsBy(options);
    const items: T[] = [];
    for (const object of this.storage.at(kindText(resource), Number(version))) {
      const isWanted =
        (options.namespace === undefined || object.metadata.namespace === options.namespace) &&
        (selects === undefined || selects(object)) &&
        (after === '' || keyTextOf(object) > after);
      if (isWanted) items.push(object as T);
    }
    items.sort((a, b) => (keyTextOf(a) < keyTextOf(b) ? -1 : 1));
    const page = items.slice(0, options.limit ?? items.length);
    const last = page.at(-1);
    const continueToken = page.length < items.length && last !== undefined ? `${version}/${keyTextOf(last)}` : undefined;
    return { items: page, resourceVersion: version, continueToken };
  }

  create<T extends KubeObject>(resource: Resource<T>, given: T, actor: string): CreateResult<T> {
    const kind = this.kindOf(resource);
    if (given.metadata.resourceVersion !== undefined)
      throw new ApiError('unavailable', 'resourceVersion should not be set on objects to be created (500)', { status: 500 });
    const { namespace } = given.metadata;
    if (resource.namespaced && !this.#isOpen(namespace)) return { outcome: 'not-found' };
    const name = given.metadata.name || `${given.metadata.generateName ?? ''}${this.#random.suffix()}`;
    const metadata: ObjectMeta = {
      ...withoutServerFields(given.metadata),
      name,
      uid: this.#uid(),
      ...(kind.generation === 'none' ? {} : { generation: 1 }),
      creationTimestamp: wholeSeconds(this.#clock.now()),
    };
    const { status, ...rest } = given as T & { status?: unknown };
    const object = {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      ...rest,
      ...(kind.hasStatus || status === undefined ? {} : { status }),
      metadata,
    };
    const shaped = kind.shape(frozenJson(object));
    if (this.storage.get(kindText(resource), keyTextOf(shaped)) !== undefined) return { outcome: 'already-exists' };
    const mistake = nameMistake(resource, name);
    this.#refuse(resource, name, [
      ...(mistake === undefined ? [] : [mistake]),
      ...metadataMistakes(shaped.metadata),
      ...kind.mistakes(shaped, undefined),
    ]);
    return { outcome: 'done', object: this.storage.put(kindText(resource), frozenJson(shaped), actor) as T };
  }

  replace<T extends KubeObject>(resource: Resource<T>, given: T, { subresource }: WriteOptions, actor: string): WriteResult<T> {
    const { resourceVersion } = given.metadata;
    return this.#update(resource, given.metadata, subresource, actor, (old) => {
      if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) return 'conflict';
      if (given.metadata.uid !== undefined && given.metadata.uid !== old.metadata.uid) return 'conflict';
      const { apiVersion, kind } = old;
      return {
        apiVersion,
        kind,
        ...given,
        metadata: { ...serverFields(old.metadata), ...withoutServerFields(given.metadata) },
      } as KubeObject;
    });
  }

  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    { subresource }: WriteOptions,
    actor: string,
  ): WriteResult<T> {
    if (patch.type === 'apply') return this.#apply(resource, key, patch, subresource, actor);
    const kind = this.kindOf(resource);
    if (patch.type === 'strategic' && !kind.listsMerge)
      throw new ApiError('invalid', 'the body of the request was in an unknown format (415)', {
        status: 415,
        reason: 'UnsupportedMediaType',
      });
    return this.#update(resource, key, subresource, actor, (old) => {
      const target = subresource === 'scale' ? scaleOf(kind, old) : old;
      const patched = patchedObject(target, patch);
      if (patched === 'conflict') return 'conflict';
      const { resourceVersion } = patched.metadata;
      if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) return 'conflict';
      return patched;
    });
  }

  delete(resource: Resource, key: ObjectKey, options: DeleteOptions, actor: string): 'done' | 'conflict' | 'not-found' {
    this.kindOf(resource);
    const object = this.storage.get(kindText(resource), keyText(key));
    if (object === undefined) return 'not-found';
    if (options.uid !== undefined && options.uid !== object.metadata.uid) return 'conflict';
    if (options.resourceVersion !== undefined && options.resourceVersion !== object.metadata.resourceVersion) return 'conflict';
    const finalizers = new Set(object.metadata.finalizers);
    if (options.propagation === 'Foreground') finalizers.add('foregroundDeletion');
    if (options.propagation === 'Orphan') finalizers.add('orphan');
    const graceSeconds = graceOf(resource, object);
    if (finalizers.size === 0 && graceSeconds === 0) this.storage.remove(kindText(resource), keyText(key), actor);
    else if (object.metadata.deletionTimestamp === undefined || finalizers.size !== (object.metadata.finalizers ?? []).length) {
      const deletionTimestamp = object.metadata.deletionTimestamp ?? wholeSeconds(this.#clock.now() + graceSeconds * 1000);
      const metadata = {
        ...object.metadata,
        deletionTimestamp,
        deletionGracePeriodSeconds: graceSeconds,
        ...(finalizers.size > 0 && { finalizers: [...finalizers] }),
        ...(object.metadata.generation !== undefined && { generation: object.metadata.generation + 1 }),
      };
      this.storage.put(kindText(resource), frozenJson({ ...object, metadata }), actor);
    }
    return 'done';
  }

  /** Takes a pod that was asked to end away for good. */
  finishDeletion(resource: Resource, key: ObjectKey, actor: string): void {
    const object = this.storage.get(kindText(resource), keyText(key));
    if (object?.metadata.deletionTimestamp === undefined || (object.metadata.finalizers ?? []).length > 0) return;
    this.storage.remove(kindText(resource), keyText(key), actor);
  }

  /** What a part of Kubernetes writes that nothing has to be checked of; the object itself where that changes nothing. */
  write<T extends KubeObject>(resource: Resource<T>, object: T, actor: string): T {
    const old = this.storage.get(kindText(resource), keyTextOf(object));
    const next = frozenJson(object);
    if (old === undefined || sameJson(old, next)) return (old ?? next) as T;
    return this.storage.put(kindText(resource), next, actor) as T;
  }

  kindOf(resource: Resource): Kind {
    const kind = this.#kinds.get(kindText(resource));
    if (kind?.versions.includes(resource.version) !== true)
      throw new ApiError('not-found', `the server could not find the requested resource ${kindText(resource)} (404)`, {
        status: 404,
      });
    return kind;
  }

  /** `change` makes the next state of the object, or of its scale; what it may not touch is put back. */
  #update<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    subresource: Subresource,
    actor: string,
    change: (old: KubeObject) => KubeObject | 'conflict',
  ): WriteResult<T> {
    const kind = this.kindOf(resource);
    const old = this.storage.get(kindText(resource), keyText(key));
    const isServed = subresource === undefined || (subresource === 'status' ? kind.hasStatus : kind.scale !== undefined);
    if (old === undefined || !isServed) return { outcome: 'not-found' };
    const changed = change(old);
    if (changed === 'conflict') return { outcome: 'conflict' };
    const next = subresource === 'scale' ? replicasPatched(kind, old, changed) : changed;
    const stored = this.#store(kind, old, restricted(kind, old, next, subresource), actor);
    return { outcome: 'done', object: (subresource === 'scale' ? scaleOf(kind, stored) : stored) as T };
  }

  #store(kind: Kind, old: KubeObject, wanted: KubeObject, actor: string): KubeObject {
    const { uid, name } = wanted.metadata;
    if (uid !== undefined && uid !== old.metadata.uid)
      throw invalid(kind.resource, name, [`metadata.uid: Invalid value: "${uid}": field is immutable`]);
    const shaped = kind.shape(frozenJson({ ...wanted, metadata: { ...wanted.metadata, ...serverFields(old.metadata) } }));
    if (sameJson(shaped, old)) return old;
    this.#refuse(kind.resource, name, [...metadataMistakes(shaped.metadata), ...kind.mistakes(shaped, old)]);
    const generation = old.metadata.generation;
    const isNewGeneration =
      generation !== undefined &&
      generationOf(kind, shaped) !== generationOf(kind, old) &&
      !sameJson(generationOf(kind, shaped), generationOf(kind, old));
    const next = frozenJson(isNewGeneration ? { ...shaped, metadata: { ...shaped.metadata, generation: generation + 1 } } : shaped);
    this.#managers.wrote(old, next, actor);
    if (
      next.metadata.deletionTimestamp !== undefined &&
      (next.metadata.finalizers ?? []).length === 0 &&
      graceOf(kind.resource, next) === 0
    ) {
      this.storage.put(kindText(kind.resource), next, actor);
      this.storage.remove(kindText(kind.resource), keyTextOf(next), actor);
      return next;
    }
    return this.storage.put(kindText(kind.resource), next, actor);
  }

  #apply<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Extract<Patch, { type: 'apply' }>,
    subresource: Subresource,
    actor: string,
  ): WriteResult<T> {
    const kind = this.kindOf(resource);
    const old = this.storage.get(kindText(resource), keyText(key));
    const body = frozenJson(patch.body as JsonMap);
    if (old === undefined) {
      const made = this.create(
        resource,
        { ...body, metadata: { ...(isMap(body.metadata) ? body.metadata : {}), ...key } } as unknown as T,
        actor,
      );
      if (made.outcome !== 'done') return { outcome: 'not-found' };
      this.#managers.applied(undefined, made.object, body, patch.fieldManager);
      return made;
    }
    const { resourceVersion } = (body.metadata ?? {}) as ObjectMeta;
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) return { outcome: 'conflict' };
    const merged = this.#managers.merged(old, body, patch.fieldManager, patch.force === true);
    if (merged === 'conflict') return { outcome: 'conflict' };
    const stored = this.#store(kind, old, restricted(kind, old, merged, subresource), patch.fieldManager);
    this.#managers.applied(old, stored, body, patch.fieldManager);
    return { outcome: 'done', object: stored as T };
  }

  #isOpen(namespace: string | undefined): boolean {
    const found = this.storage.get(kindText(namespaces), namespace ?? '');
    return found !== undefined && found.metadata.deletionTimestamp === undefined;
  }

  #refuse(resource: Resource, name: string, mistakes: readonly string[]): void {
    if (mistakes.length > 0) throw invalid(resource, name, mistakes);
  }

  #uid(): string {
    this.#uids += 1;
    const digits = (length: number): string =>
      Math.floor(this.#random.next() * 16 ** length)
        .toString(16)
        .padStart(length, '0');
    return `${this.#uids.toString(16).padStart(8, '0')}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
  }
}

function patchedObject(target: KubeObject, patch: Exclude<Patch, { type: 'apply' }>): KubeObject | 'conflict' {
  switch (patch.type) {
    case 'merge':
      return mergePatched(target, patch.body) as KubeObject;
    case 'strategic':
      return strategicPatched(target, patch.body) as KubeObject;
    case 'json':
      try {
        return jsonPatched(target, patch.body) as KubeObject;
      } catch (error) {
        if (!(error instanceof JsonPatchError)) throw error;
        if (patch.body.some(({ op }) => op === 'test')) return 'conflict';
        throw new ApiError('invalid', `the server rejected our request due to an error in our request: ${error.message} (422)`, {
          status: 422,
          reason: 'Invalid',
        });
      }
  }
}

function invalid(resource: Resource, name: string, mistakes: readonly string[]): ApiError {
  const all = mistakes.length === 1 ? mistakes[0] : `[${mistakes.join(', ')}]`;
  const kind = resource.group === '' ? resource.kind : `${resource.kind}.${resource.group}`;
  return new ApiError('invalid', `${kind} "${name}" is invalid: ${all} (422)`, { status: 422, reason: 'Invalid' });
}

function wholeSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
