/**
 * Decides, part by part, where it comes from: KUBEBUILDER_ASSETS, the cache, the machine's own (where the table allows it), else made by its
 * recipe. Pure: what the machine has is handed in, so the order is a table in a test. When nothing is possible it names the one thing to install.
 */
import type { Part } from '../parts.ts';

/** A copy of a part that was found: absolute path and what it says its version is. */
export interface FoundCopy {
  readonly path: string;
  readonly version: string;
}

export interface MachineFacts {
  readonly assets: FoundCopy | undefined;
  /** Path in the cache, when the part of exactly the pinned version is there. */
  readonly cached: string | undefined;
  readonly machine: FoundCopy | undefined;
  readonly hasGo: boolean;
  readonly hasPip: boolean;
  readonly hasApt: boolean;
}

export type Source =
  | { readonly from: 'KUBEBUILDER_ASSETS' | 'cache' | 'machine'; readonly path: string }
  | { readonly from: 'go' | 'pip' | 'apt' }
  /** `install` completes "Install ...". */
  | { readonly from: 'nowhere'; readonly install: string };

export function chooseSource(part: Part, facts: MachineFacts): Source {
  if (part.fromAssets && facts.assets !== undefined && part.accepts(facts.assets.version)) {
    return { from: 'KUBEBUILDER_ASSETS', path: facts.assets.path };
  }
  if (facts.cached !== undefined) return { from: 'cache', path: facts.cached };
  if (part.fromMachine && facts.machine !== undefined && part.accepts(facts.machine.version)) {
    return { from: 'machine', path: facts.machine.path };
  }
  switch (part.recipe.kind) {
    case 'go-build':
    case 'go-files':
      return facts.hasGo ? { from: 'go' } : { from: 'nowhere', install: 'Go 1.26 or newer (https://go.dev/dl)' };
    case 'wheel':
    case 'python':
      return facts.hasPip ? { from: 'pip' } : { from: 'nowhere', install: 'Python 3 with pip' };
    case 'deb':
      return facts.hasApt ? { from: 'apt' } : { from: 'nowhere', install: `${part.name} ${part.version} or newer, on the PATH` };
    case 'debs':
    case 'debian-tree':
      return facts.hasApt ? { from: 'apt' } : { from: 'nowhere', install: 'a Docker engine, and let this user reach it' };
  }
}

/** First thing in the output of a version command that looks like a version, without a leading v. */
export function versionIn(output: string): string | undefined {
  return /\bv?(\d+\.\d+\.\d+)/.exec(output)?.[1];
}
