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
  /**
   * Its place in the story of its object: whole numbers from 0 on, the most significant first. It depends on what the identity depends
   * on, never on who tells it or when, since the event's name begins with it. Absent: anywhere.
   */
  readonly order?: readonly number[];
}

/** In the order of the story; what has the same place stays as it is. */
export function inOrder(announcements: readonly Announcement[]): readonly Announcement[] {
  return announcements.toSorted((a, b) => compareOrders(a.order ?? [], b.order ?? []));
}

/** Negative where the first stands before the second. Of two of which one is the beginning of the other, the shorter is first. */
export function compareOrders(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (number !== other) return number - other;
  }
  return a.length - b.length;
}
