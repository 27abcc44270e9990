/** What a gate is: something that looks at a checkout and either finds nothing or says what it found. */
import type { PartName } from '../cluster/contract.ts';
import type { Exception } from './exceptions.ts';

export interface Verdict {
  readonly passed: boolean;
  /** What the tool printed, for people. */
  readonly output: string;
}

export interface Workplace {
  /** Absolute path of the checkout, or of a folder laid out like one. */
  readonly root: string;
  /** Those of this gate. */
  readonly exceptions: readonly Exception[];
  /** Absolute path of a tool that the gate has named. */
  readonly tool: (name: PartName) => Promise<string>;
}

export interface Gate {
  readonly name: string;
  /** What it keeps out, in a few words. */
  readonly keepsOut: string;
  readonly tools: readonly PartName[];
  /** Resolves with what was found; throws only where the gate itself could not run. */
  readonly look: (workplace: Workplace) => Promise<Verdict>;
}
