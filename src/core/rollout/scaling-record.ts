/**
 * The newest changes of a ReplicaSet's size, kept in an annotation that is part of the very patch that changes it. The size alone does
 * not say what it was before; with this, whoever comes after a crash tells the same as the process that made the change.
 */
import type { ReplicaSet } from '../../api/kubernetes.ts';
import { annotations } from '../../api/names.ts';
import { type Order, timeOfDeed } from './story-order.ts';

/** A change of size, for people. */
export interface Scaling {
  readonly name: string;
  readonly revision: number;
  readonly from: number;
  readonly to: number;
  /** The ReplicaSet's generation before the change: what makes this change the only one of its kind. */
  readonly generation: number;
  readonly order: Order;
}

/** More than a process can make while one event waits to be written, and few enough for an annotation. */
const mostKept = 4;
const pattern = /^(\d{1,9})\/(\d{1,9})\/(\d{1,9})-(\d{1,9})\/(\d{1,15}(?:\.\d{1,15}){0,15})$/;

/** The annotation with one change more. */
export function recordScaling(replicaSet: ReplicaSet | undefined, scaling: Scaling): Readonly<Record<string, string>> {
  const { revision, generation, from, to, order } = scaling;
  const kept = (replicaSet?.metadata.annotations?.[annotations.scalings] ?? '').split(',').filter((entry) => pattern.test(entry));
  const entry = `${revision}/${generation}/${from}-${to}/${order.join('.')}`;
  return { [annotations.scalings]: [...kept.slice(1 - mostKept), entry].join(',') };
}

/** Those made since then, oldest first; what cannot be read is left out. */
export function recordedScalings({ metadata }: ReplicaSet, sinceMs: number): readonly Scaling[] {
  const entries = metadata.annotations?.[annotations.scalings]?.split(',') ?? [];
  return entries.slice(-mostKept).flatMap((entry) => {
    const [, revision, generation, from, to, numbers = ''] = pattern.exec(entry) ?? [];
    const order = numbers.split('.').map(Number);
    if (revision === undefined || (timeOfDeed(order) ?? 0) < sinceMs) return [];
    return [
      {
        name: metadata.name,
        revision: Number(revision),
        generation: Number(generation),
        from: Number(from),
        to: Number(to),
        order,
      },
    ];
  });
}
