/**
 * Chance from a seed: one seed decides everything. Each part of a simulation draws from a stream of its own, split off by name, so that
 * one draw more in one part changes nothing in the others.
 */

export class Random {
  readonly #seed: number;
  #state: number;

  constructor(seed: number) {
    this.#seed = mix(seed | 0);
    this.#state = this.#seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    return mix(this.#state) / 4_294_967_296;
  }

  /** A whole number; both ends are possible. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Throws where there is nothing to pick from. */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.integer(0, from.length - 1)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }

  /** A stream of its own, the same for the same name whatever was drawn here before. */
  split(name: string): Random {
    let hash = this.#seed;
    for (let index = 0; index < name.length; index++) hash = mix(hash ^ Math.imul(name.charCodeAt(index) + 1, 0x9e3779b1)) | 0;
    return new Random(hash);
  }

  /** Lower case letters and digits, as Kubernetes ends generated names. */
  suffix(length = 5): string {
    return Array.from({ length }, () => nameCharacters[this.integer(0, nameCharacters.length - 1)]).join('');
  }
}

/** Without vowels and what looks like others, as Kubernetes has them. */
const nameCharacters = 'bcdfghjklmnpqrstvwxz2456789';

function mix(value: number): number {
  let mixed = value;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
