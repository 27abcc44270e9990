/** What the operator of the process gives it, by mistake or because somebody else wrote it: flags, environment, kubeconfigs, manifests on the command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readDocuments } from '../../../src/cli/lint/documents.ts';
import { type ParsedOptions, parseControllerOptions } from '../../../src/options/controller-options.ts';
import { flags } from '../../../src/options/flags.ts';
import { loadKubeConfig } from '../../../src/runtime/client/kube-config.ts';
import {
  corpus,
  ended,
  hostileRuns,
  hostileTimeoutMs,
  hostileValue,
  isUnpolluted,
  jsonText,
  spoilings,
  spoilt,
} from '../../support/hostile.ts';

const folder = mkdtempSync(join(tmpdir(), 'rampart-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Options that can be worked with, or mistakes that name what is wrong. */
function expectSense(parsed: ParsedOptions): void {
  if (parsed.outcome === 'refused') {
    for (const mistake of parsed.mistakes) expect(mistake).toMatch(/\S/);
    expect(parsed.mistakes.length).toBeGreaterThan(0);
  }
  if (parsed.outcome === 'options') {
    for (const value of Object.values(parsed.options))
      if (typeof value === 'number') expect(Number.isFinite(value) && value >= 0).toBe(true);
  }
  expect(isUnpolluted()).toBe(true);
}

describe('flags and environment', () => {
  test.each(corpus<readonly string[]>('command-lines'))('%j %s', (...line) => {
    expectSense(parseControllerOptions(line, {}));
  });

  test('any', { timeout: hostileTimeoutMs }, () => {
    const known = fc.constantFrom(...flags.map(({ name }) => `--${name}`));
    const text = fc.oneof(
      fc.string(),
      hostileValue.map((value) => String(jsonText(value)).slice(0, 2000)),
    );
    const word = fc.oneof(
      known,
      text,
      fc.tuple(known, text).map(([name, value]) => `${name}=${value}`),
    );
    const names = flags.map(({ name }) => `RAMPART_${name.replaceAll('-', '_').toUpperCase()}`);
    const environment = fc.dictionary(
      fc.oneof(fc.constantFrom(...names, 'ARGO_ROLLOUTS_PROMETHEUS_ADDRESS', '__proto__'), fc.string()),
      text,
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), environment, (line, variables) =>
        expectSense(parseControllerOptions(line, variables)),
      ),
      { numRuns: hostileRuns(200) },
    );
  });
});

describe('a kubeconfig', () => {
  const file = join(folder, 'config');
  /** What is wrong with it in a sentence; nothing of what may be secret in it. */
  function expectSentence(text: string): void {
    writeFileSync(file, text);
    const outcome = ended(() => {
      try {
        return loadKubeConfig({ kubeconfig: file, environment: {} });
      } catch (error) {
        return error;
      }
    });
    if ('config' in (outcome as object)) return;
    expect(outcome).toMatchObject({ message: expect.stringMatching(/^(?:The kubeconfig|No cluster)/) });
    expect((outcome as Error).message).not.toContain('hunter2');
    expect(isUnpolluted()).toBe(true);
  }

  test.each(corpus<string>('kubeconfigs'))('%j', (text) => expectSentence(text));

  test('any', { timeout: hostileTimeoutMs }, () => {
    const good = {
      'current-context': 'a',
      clusters: [{ name: 'a', cluster: { server: 'https://a.example', 'certificate-authority-data': 'aHVudGVyMg==' } }],
      users: [
        {
          name: 'a',
          user: { token: 'hunter2-token', exec: { command: 'hunter2', args: ['hunter2'], env: [{ name: 'A', value: 'hunter2' }] } },
        },
      ],
      contexts: [{ name: 'a', context: { cluster: 'a', user: 'a', namespace: 'n' } }],
    };
    fc.assert(
      fc.property(
        fc.oneof(
          spoilings.map((what) => jsonText(spoilt(good, what))),
          fc.string(),
        ),
        (text) => expectSentence(text),
      ),
      { numRuns: hostileRuns(60) },
    );
  });
});

describe('manifests on the command line', () => {
  const levels = 'abcdefghij'.split('');
  const bomb = levels
    .map(
      (name, level) =>
        `${name}: &${name} [${level === 0 ? '"lol"' : Array.from({ length: 10 }, () => `*${levels[level - 1]}`).join(',')}]`,
    )
    .join('\n');
  test.each([
    ['aliases of aliases', bomb],
    ['an alias of itself', 'a: &a [*a]'],
    ['lists without an end', '['.repeat(5000)],
    ['maps within maps', `${'{a: '.repeat(3000)}1${'}'.repeat(3000)}`],
    ['documents without an end', '---\n'.repeat(20_000)],
    ['no text', '\u0000\u0001\ufffe'],
    ['keys of prototypes', '{"__proto__": {"polluted": true}, "kind": "Rollout"}'],
    ['tags of other languages', '!!python/object/apply:os.system ["id"]'],
  ])('%s', (_, text) => {
    const { manifests, unreadable } = ended(() => readDocuments('file.yaml', text));
    for (const { message } of unreadable) expect(message.length).toBeLessThan(2000);
    expect(JSON.stringify(manifests).length).toBeLessThan(1_000_000);
    expect(isUnpolluted()).toBe(true);
  });
});
