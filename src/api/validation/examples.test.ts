/** The manifests that people copy are what this version carries out. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { decodeAnalysisTemplate, decodeRollout } from '../decode.ts';
import type { Problem } from '../problem.ts';
import { problemText } from './invalid-spec.ts';
import { validateRollout } from './rollout.ts';

const root = join(import.meta.dirname, '../../..');
const objects = globSync('examples/**/*.yaml', { cwd: root }).flatMap((file) =>
  parseAllDocuments(readFileSync(join(root, file), 'utf8')).map((document) => ({ file, object: document.toJS() })),
);

const checks: Readonly<Record<string, (object: unknown) => readonly Problem[]>> = {
  Rollout: (object) => {
    const { rollout, problems } = decodeRollout(object);
    return validateRollout(rollout, problems);
  },
  AnalysisTemplate: (object) => decodeAnalysisTemplate(object).problems,
};

describe('examples', () => {
  const checked = objects.filter(({ object }) => object?.kind in checks);

  it('there are some', () => {
    expect(new Set(checked.map(({ object }) => object.kind))).toEqual(new Set(Object.keys(checks)));
  });

  it.each(checked.map(({ file, object }) => [file, object.kind, object.metadata.name, object] as const))('%s: %s %s', (...row) => {
    const [, kind, , object] = row;
    expect(checks[kind]?.(object).map(problemText)).toEqual([]);
  });
});
