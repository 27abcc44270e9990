/**
 * Hands out pod IPs from 10.244.1.1 upwards, each to one pod at a time, going round so that an address rests before it is used
 * again: clients may still hold connections to the pod that had it.
 */
export class IpPool {
  readonly #taken = new Map<string, string>();
  readonly #prefix: string;
  readonly #size: number;
  #next = 0;

  /** `prefix`: the first two octets; `firstBlock`..`lastBlock`: the third. The fourth goes from 1 to 254. */
  constructor(prefix = '10.244', firstBlock = 1, lastBlock = 250) {
    this.#prefix = `${prefix}.${firstBlock}`;
    this.#size = (lastBlock - firstBlock + 1) * 254;
  }

  /** An address for the pod; the one it has, or the wanted one if that is free, else the next free. Throws when all are taken. */
  take(uid: string, wanted?: string): string {
    for (const [ip, owner] of this.#taken) if (owner === uid) return ip;
    if (wanted !== undefined && this.#isOurs(wanted) && !this.#taken.has(wanted)) return this.#give(uid, wanted);
    for (let tries = 0; tries < this.#size; tries++) {
      const ip = this.#address(this.#next++ % this.#size);
      if (!this.#taken.has(ip)) return this.#give(uid, ip);
    }
    throw new Error(`all ${this.#size} pod addresses are taken`);
  }

  release(uid: string): void {
    for (const [ip, owner] of this.#taken) if (owner === uid) this.#taken.delete(ip);
  }

  #give(uid: string, ip: string): string {
    this.#taken.set(ip, uid);
    return ip;
  }

  #address(index: number): string {
    const [a, b, block = '1'] = this.#prefix.split('.');
    return `${a}.${b}.${Number(block) + Math.floor(index / 254)}.${(index % 254) + 1}`;
  }

  #isOurs(ip: string): boolean {
    const [a, b, block = '1'] = this.#prefix.split('.');
    const [x, y, z = '-1', w = '0'] = ip.split('.');
    const offset = Number(z) - Number(block);
    return a === x && b === y && offset >= 0 && offset * 254 < this.#size && Number(w) >= 1 && Number(w) <= 254;
  }
}
