/** Puts objects into a cluster and asks it for tokens, as whoever a kubeconfig names. For the harness; the product has its own client. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { Kinds } from './kinds.ts';
import type { RawAnswer, RawRequest } from './raw-api.ts';
import { RawApi } from './raw-api.ts';

const fieldManager = 'rampart-cluster';
const establishTimeoutMs = 15_000;
const retryMs = 100;

export function loadKubeConfig(file: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  return config;
}

/** Objects of a YAML stream in order; `List`s are opened, empty documents passed over. Throws on broken YAML and on documents that are no objects. */
export function parseManifests(yaml: string): readonly KubernetesObject[] {
  const objects: KubernetesObject[] = [];
  for (const document of parseAllDocuments(yaml)) {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    const object = value as KubernetesObject & { readonly items?: readonly KubernetesObject[] };
    if (typeof object !== 'object' || object.kind === undefined)
      throw new Error('a document of the manifests is not a Kubernetes object');
    objects.push(...(object.kind === 'List' ? (object.items ?? []) : [object]));
  }
  return objects;
}

/** The API server did not take an object. */
export class ManifestRefused extends Error {
  /** HTTP status; undefined when the kind is unknown. */
  readonly code: number | undefined;

  constructor(object: KubernetesObject, reason: string, code?: number) {
    super(`${object.kind} ${object.metadata?.name ?? ''}: ${reason}`);
    this.name = 'ManifestRefused';
    this.code = code;
  }
}

/**
 * Server-side apply of every object as it is written, in order, taking over fields that others own. An unknown kind is tried again for 15 s,
 * since its CRD may have been created a moment ago. Throws ManifestRefused with the server's answer at the first object that it does not take.
 */
export async function applyManifests(config: KubeConfig, yaml: string): Promise<void> {
  const api = new RawApi(config);
  const kinds = new Kinds(api);
  try {
    for (const object of parseManifests(yaml)) await applyWhenKnown(api, kinds, object);
  } finally {
    api.close();
  }
}

async function applyWhenKnown(api: RawApi, kinds: Kinds, object: KubernetesObject): Promise<void> {
  const deadline = performance.now() + establishTimeoutMs;
  while (true) {
    const path = await kinds.pathOf(object);
    const answer = path === undefined ? undefined : await api.send(applyRequest(path, object));
    if (answer !== undefined && answer.status < 300) return;
    // A missing namespace is a 404 as well, but one with a name in its details, and waiting does not cure it.
    const mayBeNew = answer === undefined || (answer.status === 404 && namedIn(answer.body) === undefined);
    if (!mayBeNew || performance.now() > deadline) {
      const unknown = `the API server does not know the kind ${object.kind} of ${object.apiVersion}`;
      throw new ManifestRefused(object, answer === undefined ? unknown : messageIn(answer), answer?.status);
    }
    await delay(retryMs);
  }
}

function applyRequest(path: string, object: KubernetesObject): RawRequest {
  const query = `fieldManager=${fieldManager}&force=true`;
  return { method: 'PATCH', path: `${path}?${query}`, body: object, contentType: 'application/apply-patch+yaml' };
}

function messageIn(answer: RawAnswer): string {
  const { message } = (answer.body ?? {}) as { readonly message?: string };
  return message ?? `HTTP ${answer.status}`;
}

function namedIn(body: unknown): string | undefined {
  return ((body ?? {}) as { readonly details?: { readonly name?: string } }).details?.name;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly expirationSeconds: number;
}

/** A token of the service account, bound to nothing but it. */
export async function requestToken(config: KubeConfig, request: TokenRequest): Promise<string> {
  const answer = await config.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    namespace: request.namespace,
    name: request.serviceAccount,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [], expirationSeconds: request.expirationSeconds },
    },
  });
  const token = answer.status?.token;
  if (token === undefined) throw new Error(`the API server gave no token for ${request.namespace}/${request.serviceAccount}`);
  return token;
}
