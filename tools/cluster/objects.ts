/** Puts objects into a cluster and asks it for tokens, as whoever a kubeconfig names. For the harness; the product has its own client. */
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject } from '@kubernetes/client-node';
import { ApiException, CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';

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

  /** Without the answer as cause: printed, its headers and escaped body would bury the sentence. */
  constructor(object: KubernetesObject, cause: unknown) {
    const said = cause instanceof ApiException ? statusMessage(cause) : cause instanceof Error ? cause.message : String(cause);
    super(`${object.kind} ${object.metadata?.name ?? ''}: ${said}`);
    this.name = 'ManifestRefused';
    this.code = cause instanceof ApiException ? cause.code : undefined;
  }
}

function statusMessage(error: ApiException<unknown>): string {
  const body: unknown = typeof error.body === 'string' ? parseJson(error.body) : error.body;
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  return typeof message === 'string' ? message : `HTTP ${error.code}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Server-side apply of every object, in order, taking over fields that others own. An unknown kind is tried again for 15 s, since its CRD may
 * have been created a moment ago. Throws ManifestRefused with the server's answer at the first object that it does not take.
 */
export async function applyManifests(config: KubeConfig, yaml: string): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(config);
  for (const object of parseManifests(yaml)) await applyWhenKnown(api, object);
}

async function applyWhenKnown(api: KubernetesObjectApi, object: KubernetesObject): Promise<void> {
  const deadline = performance.now() + establishTimeoutMs;
  while (true) {
    try {
      await api.patch(object, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
      return;
    } catch (error) {
      if (!mayBeNewKind(error) || performance.now() > deadline) throw new ManifestRefused(object, error);
      await delay(retryMs);
    }
  }
}

function mayBeNewKind(error: unknown): boolean {
  if (error instanceof ApiException) {
    // A missing namespace is a 404 as well, and one that waiting does not cure.
    const body = typeof error.body === 'string' ? error.body : JSON.stringify(error.body);
    return error.code === 404 && !/namespaces \\?"/.test(body);
  }
  return error instanceof Error && error.message.startsWith('Unrecognized API version and kind');
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
