/** What the commands without conditions write: the same merge patches as the incumbent's plugin, so that both mean the same to any controller. */
import type { Patch } from '../../runtime/cluster.ts';

export interface Write {
  /** Undefined writes the object itself. */
  readonly subresource?: 'status';
  readonly patch: Patch;
}

function merge(body: unknown): Write {
  return { patch: { type: 'merge', body } };
}

export function mergeStatus(status: Readonly<Record<string, unknown>>): Write {
  return { subresource: 'status', patch: { type: 'merge', body: { status } } };
}

export const abort = mergeStatus({ abort: true });
export const retryRollout = mergeStatus({ abort: false });
/** The controller begins an Experiment without a status anew. */
export const retryExperiment = merge({ status: null });
export const pause = merge({ spec: { paused: true } });
export const resume = merge({ spec: { paused: false } });
export const terminate = merge({ spec: { terminate: true } });

/** Pods made before that moment are replaced. */
export function restartAt(ms: number): Write {
  return merge({ spec: { restartAt: `${new Date(ms).toISOString().slice(0, 19)}Z` } });
}
