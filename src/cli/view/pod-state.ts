/** What a pod is doing, in the word that `kubectl get pods` uses. */
import type { KubeObject } from '../../api/kubernetes.ts';
import type { Tone } from '../print/tone.ts';

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
  readonly running?: object;
}

interface ContainerStatus {
  readonly name?: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
}

/** Everything may be missing: it is read as the API server sends it. */
export interface Pod extends KubeObject {
  readonly spec?: { readonly containers?: readonly unknown[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly {
      readonly type?: string;
      readonly status?: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface PodState {
  readonly word: string;
  readonly tone: Tone;
  /** `1/2` containers. */
  readonly ready: string;
  readonly isReady: boolean;
  readonly restarts: number;
  /** Why it is no better, in the words of Kubernetes; empty where nothing is said. */
  readonly why: string;
}

const bad = /^(?:.*BackOff|Err.*|.*Error|Failed|Evicted|OOMKilled|Invalid.*|NodeLost|.*ConfigError)$/;

export function podState(pod: Pod): PodState {
  const { containerStatuses = [], conditions = [] } = pod.status ?? {};
  const all = Math.max(pod.spec?.containers?.length ?? 0, containerStatuses.length);
  const up = containerStatuses.filter(({ ready }) => ready === true).length;
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  const word = wordOf(pod);
  return {
    word,
    tone: toneOf(word, isReady),
    ready: `${up}/${all}`,
    isReady: isReady && pod.metadata.deletionTimestamp === undefined,
    restarts: containerStatuses.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    why: reasonOf(pod),
  };
}

function toneOf(word: string, isReady: boolean): Tone {
  if (bad.test(word)) return 'bad';
  if (word === 'Terminating') return 'dim';
  return word === 'Completed' || (word === 'Running' && isReady) ? 'good' : 'busy';
}

function wordOf({ metadata, status }: Pod): string {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  const { initContainerStatuses = [], containerStatuses = [], phase = 'Pending', reason } = status ?? {};
  const init = initContainerStatuses.find(({ state }) => state?.waiting !== undefined || failed(state));
  const held = init?.state?.waiting?.reason ?? (failed(init?.state) ? init?.state?.terminated?.reason : undefined);
  if (held !== undefined && held !== 'PodInitializing') return `Init:${held}`;
  const waiting = containerStatuses.map(({ state }) => state?.waiting?.reason).find((one) => one !== undefined);
  if (waiting !== undefined) return waiting;
  const ended = containerStatuses.map(({ state }) => state?.terminated).find((one) => one !== undefined);
  if (ended !== undefined) return ended.reason ?? `ExitCode:${ended.exitCode ?? ''}`;
  return reason ?? phase;
}

function failed(state: ContainerState | undefined): boolean {
  return state?.terminated !== undefined && state.terminated.exitCode !== 0;
}

/** The scheduler's reason, else the first message of a container that does not come up. */
function reasonOf({ status }: Pod): string {
  const scheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  if (scheduled !== undefined) return scheduled.message ?? scheduled.reason ?? '';
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return all.map(({ state }) => state?.waiting?.message ?? '').find((text) => text !== '') ?? '';
}
