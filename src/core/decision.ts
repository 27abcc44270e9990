/** What every decision of core is made of: when to look again and what to tell people. */

/** Look again after a delay, even if nothing changes. */
export interface Requeue {
  readonly kind: 'requeue';
  readonly afterMs: number;
}

/** Nothing to do until a watched object changes. */
export interface AwaitChange {
  readonly kind: 'await-change';
}

export type Next = Requeue | AwaitChange;

export const awaitChange: AwaitChange = { kind: 'await-change' };

export function requeue(afterMs: number): Requeue {
  return { kind: 'requeue', afterMs: Math.max(0, afterMs) };
}

/** The earlier of two appointments. */
export function sooner(a: Next, b: Next): Next {
  if (a.kind === 'await-change') return b;
  if (b.kind === 'await-change') return a;
  return a.afterMs <= b.afterMs ? a : b;
}

/** An event for people: emitted once, in order, after the status that it speaks of is stored. */
export interface Announcement {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /**
   * What makes this announcement the only one of its kind for its object, for instance `2/step/0`. The event's name is made from
   * it, so that announcing again after a crash changes nothing.
   */
  readonly identity: string;
}
