/** How a toy world tells of what is done to it. */
import type { ToyWorld } from './toy-world.ts';

/** Told of every write of Rampart, and of no other change. */
export interface Watch {
  before(world: ToyWorld): void;
  after(world: ToyWorld, cause: string): void;
}
