/** Patterns of `matches`: RE2, which takes time in proportion to its text whatever the pattern. What a match costs is charged before it runs. */
import { RE2JS, RE2JSException } from 're2js';
import type { Budget } from './budget.ts';
import { Failure } from './condition-error.ts';

const MAX_PATTERN = 1000;

function compilePattern(pattern: string, at: number): RE2JS {
  if (pattern.length > MAX_PATTERN)
    throw new Failure('limit', `a pattern may have at most ${MAX_PATTERN} characters, this has ${pattern.length}`, at);
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    const reason = error instanceof RE2JSException ? error.message : 'it cannot be compiled';
    throw new Failure('evaluation', `the pattern is not a regular expression of RE2: ${reason}`, at);
  }
}

export function checkPattern(pattern: string, at: number): void {
  compilePattern(pattern, at);
}

/** Compiled patterns of one evaluation: pattern -> program. */
export class Patterns {
  private readonly compiled = new Map<string, RE2JS>();

  matches(text: string, pattern: string, budget: Budget, at: number): boolean {
    let program = this.compiled.get(pattern);
    if (program === undefined) {
      budget.step(at, 100 + pattern.length * 10);
      program = compilePattern(pattern, at);
      this.compiled.set(pattern, program);
    }
    budget.step(at, 1 + (text.length * (pattern.length + 8)) / 32);
    return program.matcher(text).find();
  }
}
