/**
 * Patterns of `matches`: RE2, which takes time in proportion to its text whatever the pattern. What compiling and matching cost is charged before it is
 * done; a pattern that stands for very many instructions is refused.
 */
import { RE2JS, RE2JSException } from 're2js';
import type { Budget } from './budget.ts';
import { childrenOf } from './children.ts';
import { Failure } from './condition-error.ts';
import { patternSize } from './pattern-size.ts';
import type { Node } from './syntax.ts';

const MAX_PATTERN = 1000;
const MAX_SIZE = 20_000;

/** Whether anything may compile it: RE2 matches in a time that one can count on, but makes a program as large as the pattern says. */
export function isModestPattern(pattern: string): boolean {
  return pattern.length <= MAX_PATTERN && patternSize(pattern) <= MAX_SIZE;
}

function compilePattern(pattern: string, budget: Budget, at: number): RE2JS {
  if (pattern.length > MAX_PATTERN)
    throw new Failure('limit', `a pattern may have at most ${MAX_PATTERN} characters, this has ${pattern.length}`, at);
  const size = patternSize(pattern);
  if (size > MAX_SIZE) throw new Failure('limit', 'the pattern repeats too much; use smaller numbers in its braces', at);
  budget.step(at, 100 + 4 * size);
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof RE2JSException ? error.message : 'it cannot be compiled';
    throw new Failure('evaluation', `the pattern is not a regular expression of RE2: ${reason}`, at);
  }
}

/** Compiled patterns of one evaluation: pattern -> program. */
export class Patterns {
  private readonly compiled = new Map<string, RE2JS>();

  /** Compiles the constant patterns of a tree, so that a wrong one is found in a branch that is never taken. */
  compileConstants(node: Node, budget: Budget): void {
    if (node.kind === 'binary' && node.operator === 'matches' && node.right.kind === 'literal') {
      if (typeof node.right.value === 'string') this.program(node.right.value, budget, node.right.at);
    }
    for (const child of childrenOf(node)) this.compileConstants(child, budget);
  }

  matches(text: string, pattern: string, budget: Budget, at: number): boolean {
    const program = this.program(pattern, budget, at);
    budget.step(at, 1 + (text.length * (program.programSize() + 8)) / 16);
    return program.matcher(text).find();
  }

  private program(pattern: string, budget: Budget, at: number): RE2JS {
    const known = this.compiled.get(pattern);
    if (known !== undefined) return known;
    const program = compilePattern(pattern, budget, at);
    this.compiled.set(pattern, program);
    return program;
  }
}
