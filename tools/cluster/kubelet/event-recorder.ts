/**
 * Records the events of pods, in order and beside their life: nothing waits for them. The same thing said again raises the count of the
 * event that is there. What cannot be written after a few tries is dropped.
 */
import { type KubeApi, KubeApiError } from './kube-api.ts';
import type { Pod } from './pod-types.ts';

interface Said {
  readonly name: string;
  readonly namespace: string;
  count: number;
}

const mostRemembered = 2000;
const mostQueued = 5000;

export class EventRecorder {
  readonly #api: KubeApi;
  readonly #node: string;
  readonly #now: () => number;
  readonly #said = new Map<string, Said>();
  #queued = 0;
  #sequence = 0;
  #tail: Promise<void> = Promise.resolve();

  constructor(api: KubeApi, node: string, now: () => number) {
    this.#api = api;
    this.#node = node;
    this.#now = now;
  }

  record(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (this.#queued >= mostQueued) return;
    this.#queued++;
    const at = new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
    this.#tail = this.#tail
      .then(() => this.#write(pod, { type, reason, message, at }))
      .catch((error: unknown) => {
        if (!(error instanceof KubeApiError && (error.status === 404 || error.status === 403)))
          console.log(`event: ${String(error)}`);
      })
      .finally(() => {
        this.#queued--;
      });
  }

  async #write(
    pod: Pod,
    { type, reason, message, at }: { type: string; reason: string; message: string; at: string },
  ): Promise<void> {
    const { name, namespace = 'default', uid } = pod.metadata;
    const key = `${uid} ${reason} ${message}`;
    const said = this.#said.get(key);
    if (said !== undefined) {
      said.count++;
      const path = `/api/v1/namespaces/${namespace}/events/${said.name}`;
      await this.#api.send('PATCH', path, { count: said.count, lastTimestamp: at }, 'application/merge-patch+json');
      return;
    }
    const unique = (this.#now() * 1000 + (this.#sequence++ % 1000)).toString(16);
    const event = { name: `${name}.${unique}`, namespace, count: 1 };
    await this.#api.send('POST', `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: event.name, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion: pod.metadata.resourceVersion },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      source: { component: 'kubelet', host: this.#node },
      reportingComponent: 'kubelet',
      reportingInstance: this.#node,
    });
    if (this.#said.size >= mostRemembered) this.#said.clear();
    this.#said.set(key, event);
  }
}
