/**
 * What a watcher does next, as a pure function of what it did and how that went. It knows no I/O: the watcher carries its states out
 * and hands back what came of them.
 */
import type { ApiError } from './cluster.ts';

export type WatchState =
  /** Fetches a page of the present state; without a token the first. */
  | { readonly phase: 'listing'; readonly continueToken: string | undefined; readonly failures: number }
  /** Receives the present state as events of a watch that then goes on. */
  | { readonly phase: 'streaming-list'; readonly failures: number }
  /** Receives changes after this version. */
  | { readonly phase: 'watching'; readonly resourceVersion: string; readonly failures: number }
  | { readonly phase: 'backing-off'; readonly delayMs: number; readonly next: ActiveState };

export type ActiveState = Exclude<WatchState, { phase: 'backing-off' }>;

/** What came of carrying a state out. */
export type WatchStep =
  | { readonly kind: 'page'; readonly resourceVersion: string; readonly continueToken: string | undefined }
  | { readonly kind: 'initial-events-end'; readonly resourceVersion: string }
  /**
   * The server closed the stream in order. `resourceVersion` is the last one seen, on this stream or before it; `wasUseful` is false
   * when the stream was short and told nothing.
   */
  | { readonly kind: 'ended'; readonly resourceVersion: string | undefined; readonly wasUseful: boolean }
  /** Nothing came for so long that the connection must be dead. */
  | { readonly kind: 'stalled'; readonly resourceVersion: string | undefined; readonly wasUseful: boolean }
  | {
      readonly kind: 'failed';
      readonly error: ApiError;
      readonly resourceVersion: string | undefined;
      readonly wasUseful: boolean;
    }
  | { readonly kind: 'waited' };

export interface WatchPolicy {
  /** False once the server has refused to stream the present state. */
  readonly canStreamList: boolean;
  /** From 0 to below 1. */
  readonly random: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

/** A watch that fails this often from one version is given up for a list. */
const failuresBeforeRelist = 5;

export function initialState(policy: Pick<WatchPolicy, 'canStreamList'>, failures = 0): ActiveState {
  return policy.canStreamList ? { phase: 'streaming-list', failures } : { phase: 'listing', continueToken: undefined, failures };
}

export function transition(state: WatchState, step: WatchStep, policy: WatchPolicy): WatchState {
  if (state.phase === 'backing-off') return state.next;
  switch (step.kind) {
    case 'waited':
      return state;
    case 'page':
      return step.continueToken === undefined
        ? { phase: 'watching', resourceVersion: step.resourceVersion, failures: 0 }
        : { phase: 'listing', continueToken: step.continueToken, failures: 0 };
    case 'initial-events-end':
      return { phase: 'watching', resourceVersion: step.resourceVersion, failures: 0 };
    case 'ended':
    case 'stalled': {
      const failures = step.wasUseful ? 0 : state.failures + 1;
      const next = resumed(state, step.resourceVersion, failures);
      return failures === 0 ? next : backingOff(next, undefined, policy);
    }
    case 'failed':
      return afterFailure(state, step, policy);
  }
}

/** The version is gone: the state is listed anew, at once the first time. A refusal to stream leads to pages. */
function afterFailure(state: ActiveState, step: Extract<WatchStep, { kind: 'failed' }>, policy: WatchPolicy): WatchState {
  const failures = (step.wasUseful ? 0 : state.failures) + 1;
  const { code } = step.error;
  if (state.phase === 'streaming-list' && code === 'invalid') {
    return backingOff({ phase: 'listing', continueToken: undefined, failures }, undefined, policy);
  }
  if (code === 'gone' || (state.phase === 'watching' && code === 'invalid')) {
    const relist = initialState(policy, failures);
    return failures === 1 ? relist : backingOff(relist, undefined, policy);
  }
  return backingOff(resumed(state, step.resourceVersion, failures), step.error.retryAfterMs, policy);
}

/** Goes on where it was; a list begins anew, since what was listed of it so far may be stale by now. */
function resumed(state: ActiveState, resourceVersion: string | undefined, failures: number): ActiveState {
  if (state.phase !== 'watching') return { ...state, ...(state.phase === 'listing' ? { continueToken: undefined } : {}), failures };
  if (failures >= failuresBeforeRelist) return { phase: 'listing', continueToken: undefined, failures };
  return { phase: 'watching', resourceVersion: resourceVersion ?? state.resourceVersion, failures };
}

function backingOff(next: ActiveState, askedForMs: number | undefined, policy: WatchPolicy): WatchState {
  const fullMs = Math.min(policy.backoffMaxMs, policy.backoffBaseMs * 2 ** Math.min(next.failures - 1, 20));
  return { phase: 'backing-off', delayMs: Math.max(askedForMs ?? 0, fullMs * (0.5 + policy.random / 2)), next };
}
