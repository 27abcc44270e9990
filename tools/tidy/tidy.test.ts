import { describe, expect, it } from 'vitest';
import { breaches } from './tidy.ts';

const find = (files: Readonly<Record<string, string>>) => breaches(new Map(Object.entries(files)));

describe('tidy', () => {
  it.each([
    ['core importing runtime', { 'src/core/a.ts': "import { b } from '../runtime/b.ts';\n" }, 'core may not import runtime'],
    ['a type import against the arrow', { 'src/api/a.ts': "import type { B } from '../core/b.ts';\n" }, 'api may not import core'],
    [
      'an import over several lines',
      { 'src/core/a.ts': "import {\n  b,\n} from '../server/b.ts';\n" },
      'core may not import server',
    ],
    ['src importing what is not shipped', { 'src/core/a.ts': "import { b } from '../../test/b.ts';\n" }, 'not shipped'],
    [
      'a provider behind its port',
      { 'src/controllers/a.ts': "import { b } from '../providers/metrics/prometheus/b.ts';\n" },
      'only providers/metrics/metric-provider.ts',
    ],
    ['the clock in core', { 'src/core/a.ts': 'const now = Date.now();\n' }, 'the wall clock'],
    ['a promise in core', { 'src/core/a.ts': 'export async function a() {}\n' }, 'a promise is not for this room'],
    ['chance in a controller', { 'src/controllers/a.ts': 'const x = Math.random();\n' }, 'randomness'],
    ['the environment in a provider', { 'src/providers/metrics/a.ts': 'const x = process.env.HOME;\n' }, 'the environment'],
    ['a long file', { 'test/a.ts': 'x\n'.repeat(401) }, '401 lines'],
    ['an empty name', { 'src/core/utils.ts': 'export {};\n' }, 'says nothing'],
    ['a room that is not in the table', { 'src/misc2/a.ts': 'export {};\n' }, 'not in the table of arrows'],
    [
      'a circle',
      { 'src/core/a.ts': "import { b } from './b.ts';\n", 'src/core/b.ts': "import { a } from './a.ts';\n" },
      'in a circle',
    ],
  ])('finds %s', (_, files, expected) => {
    expect(find(files).join('\n')).toContain(expected);
  });

  it('leaves a tidy tree alone', () => {
    const files = {
      'src/core/a.ts': "import type { Rollout } from '../api/rollout.ts';\n// Date.now() is only spoken of here\n",
      'src/controllers/a.ts':
        "import { decide } from '../core/a.ts';\nimport type { P } from '../providers/metrics/metric-provider.ts';\n",
      'src/core/a.test.ts': "import { clock } from '../../test/support/clock.ts';\n",
    };
    expect(find(files)).toEqual([]);
  });
});
