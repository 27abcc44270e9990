/**
 * Writes the status of one pod: the newest wins, one write at a time, and only when something changed. Conditions of others in the same
 * list are not touched.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type KubeApi, KubeApiError } from './kube-api.ts';
import type { PodCondition, PodStatus } from './pod-types.ts';

export interface PodAddress {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export class StatusWriter {
  readonly #api: KubeApi;
  readonly #pod: PodAddress;
  #wanted: PodStatus | undefined;
  #written = '';
  #work: Promise<void> | undefined;
  #gone = false;

  constructor(api: KubeApi, pod: PodAddress) {
    this.#api = api;
    this.#pod = pod;
  }

  /** The conditions as last asked for, whose transition times the next status keeps. */
  get conditions(): readonly PodCondition[] {
    return this.#wanted?.conditions ?? [];
  }

  want(status: PodStatus): void {
    this.#wanted = status;
    if (this.#gone || JSON.stringify(status) === this.#written) return;
    this.#work ??= this.#write().finally(() => {
      this.#work = undefined;
    });
  }

  /** Settles when the newest status is stored, or the pod is gone. */
  async settled(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  close(): void {
    this.#gone = true;
  }

  async #write(): Promise<void> {
    const { namespace, name, uid } = this.#pod;
    for (let waitMs = 50; !this.#gone; ) {
      const text = JSON.stringify(this.#wanted);
      if (text === this.#written) return;
      try {
        const body = { metadata: { uid }, status: withClearedReasons(this.#wanted) };
        const type = 'application/strategic-merge-patch+json';
        await this.#api.send('PATCH', `/api/v1/namespaces/${namespace}/pods/${name}/status`, body, type);
        this.#written = text;
        waitMs = 50;
      } catch (error) {
        const status = error instanceof KubeApiError ? error.status : 0;
        // 404: it is gone; 409: another pod has its name now; 422: it is over and may not change.
        if (status === 404 || status === 409 || status === 422) {
          this.#written = text;
          if (status !== 422) return;
          console.log(`status of ${namespace}/${name}: ${String(error)}`);
        } else {
          await delay(waitMs);
          waitMs = Math.min(waitMs * 2, 2000);
        }
      }
    }
  }
}

/** Conditions are merged by type, so that a reason which no longer holds has to be taken away by name. */
function withClearedReasons(status: PodStatus | undefined): unknown {
  if (status === undefined) return {};
  const conditions = status.conditions?.map((condition) => ({ reason: null, message: null, ...condition }));
  return { ...status, conditions };
}
