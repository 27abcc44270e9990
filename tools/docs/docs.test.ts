/** Everything in the docs that can be tried without a cluster is tried. Fences: `yaml`, `yaml fragment`, `yaml refused` (followed by `text`), `yaml scenario`, `condition`, `sh`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import {
  decodeAnalysisRun,
  decodeAnalysisTemplate,
  decodeClusterAnalysisTemplate,
  decodeExperiment,
  decodeRollout,
} from '../../src/api/decode.ts';
import type { Problem } from '../../src/api/problem.ts';
import { validateExperiment } from '../../src/api/validation/experiment.ts';
import { problemText } from '../../src/api/validation/invalid-spec.ts';
import { validateRollout } from '../../src/api/validation/rollout.ts';
import { readArguments } from '../../src/cli/arguments.ts';
import { findCommand } from '../../src/cli/dispatch.ts';
import { substituteArguments } from '../../src/core/analysis/arguments.ts';
import { evaluateConditions } from '../../src/core/analysis/condition/evaluate-conditions.ts';
import { planMetric } from '../../src/core/analysis/metric-plan.ts';
import type { MetricValue } from '../../src/core/analysis/metric-value.ts';
import { parseControllerOptions } from '../../src/options/controller-options.ts';
import { readScenarioFile } from '../../src/rehearsal/scenario-file.ts';
import { fences, links, pages, root, shellLines } from './pages.ts';

type Template = ReturnType<typeof decodeAnalysisTemplate>['template'];

function templateProblems({ spec }: Pick<Template, 'spec'>): readonly Problem[] {
  const args = new Map((spec.args ?? []).map(({ name, value }) => [name, value ?? '1']));
  return (spec.metrics ?? []).flatMap((metric, index) => {
    const { value, missing } = substituteArguments(metric, args);
    const path = `spec.metrics[${index}]`;
    const planned = planMetric(value, args, path);
    return [
      ...missing.map((name) => ({ path, message: `${name} has no value` })),
      ...('problems' in planned ? planned.problems : []),
    ];
  });
}

/** What is wrong with an object of ours; with any other, only what every object needs. */
function problemsOf(object: Readonly<Record<string, unknown>>): readonly Problem[] {
  switch (object.kind) {
    case 'Rollout': {
      const { rollout, problems } = decodeRollout(object);
      return validateRollout(rollout, problems);
    }
    case 'AnalysisTemplate': {
      const { template, problems } = decodeAnalysisTemplate(object);
      return [...problems, ...templateProblems(template)];
    }
    case 'ClusterAnalysisTemplate': {
      const { template, problems } = decodeClusterAnalysisTemplate(object);
      return [...problems, ...templateProblems(template)];
    }
    case 'Experiment': {
      const { experiment, problems } = decodeExperiment(object);
      return validateExperiment(experiment, problems);
    }
    case 'AnalysisRun': {
      const { run, problems } = decodeAnalysisRun(object);
      return [...problems, ...templateProblems(run)];
    }
    default:
      return ['apiVersion', 'kind', 'metadata'].flatMap((path) =>
        object[path] === undefined ? [{ path, message: 'is missing' }] : [],
      );
  }
}

/** Part of a Rollout or of a template's spec, put where it belongs. */
function completed(fragment: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const selector = { matchLabels: { app: 'shop' } };
  const template = { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'shop', image: 'shop:1' }] } };
  const { kind = 'Rollout', metadata = { name: 'shop' }, spec, ...rest } = fragment as Record<string, Record<string, unknown>>;
  const isTemplate = rest.metrics !== undefined || (kind as unknown) === 'AnalysisTemplate';
  const whole = { strategy: { canary: {} }, selector, template, ...spec, ...rest };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: isTemplate ? 'AnalysisTemplate' : kind,
    metadata,
    spec: isTemplate ? rest : whole,
  };
}

const yaml = fences().filter(({ info }) => info[0] === 'yaml');

describe('manifests in the docs', () => {
  it.each(yaml.filter(({ info }) => info[1] === undefined).map((fence) => [`${fence.page}:${fence.line}`, fence] as const))(
    '%s is accepted',
    (_, { text }) => {
      for (const document of parseAllDocuments(text)) {
        expect(document.errors).toEqual([]);
        expect(problemsOf(document.toJS()).map(problemText)).toEqual([]);
      }
    },
  );

  it.each(yaml.filter(({ info }) => info[1] === 'fragment').map((fence) => [`${fence.page}:${fence.line}`, fence] as const))(
    '%s is accepted where it belongs',
    (_, { text }) => {
      expect(problemsOf(completed(parse(text))).map(problemText)).toEqual([]);
    },
  );

  it.each(yaml.filter(({ info }) => info[1] === 'scenario').map((fence) => [`${fence.page}:${fence.line}`, fence] as const))(
    '%s is a file of scenarios',
    (_, { text }) => {
      expect(readScenarioFile(text)).not.toHaveProperty('problems');
    },
  );

  const refused = fences().flatMap((fence, index, all) =>
    fence.info.join(' ') === 'yaml refused' ? [[`${fence.page}:${fence.line}`, fence, all[index + 1]] as const] : [],
  );
  it.each(refused)('%s is refused with these words', (_, { text }, answer) => {
    expect(answer?.info).toEqual(['text']);
    expect(
      problemsOf(completed(parse(text)))
        .map(problemText)
        .join('\n'),
    ).toBe(answer?.text.trim());
  });
});

/** `[0.97]`, `1.5`, `NaN`, `[NaN]`; `[]` and `nil` are no data. */
function measured(text: string): MetricValue {
  if (text === 'nil') return { kind: 'no-data', result: null, text: '' };
  const result: unknown = JSON.parse(text.replaceAll('NaN', '"NaN"'), (_, value) => (value === 'NaN' ? Number.NaN : value));
  return Array.isArray(result) && result.length === 0 ? { kind: 'no-data', result: [], text } : { kind: 'value', result, text };
}

const rows = fences()
  .filter(({ info }) => info[0] === 'condition')
  .flatMap(({ page, text }) => text.split('\n').map((line) => ({ page, line: line.trim() })))
  .filter(({ line }) => line !== '')
  .map(({ page, line }) => [page, line] as const);

describe('conditions in the docs', () => {
  it('there are some', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)('%s: %s', (_, line) => {
    const [, value, success, failure, phase] = /^(\S+)(?:\s+success: (.*?))?(?:\s+failure: (.*?))?\s+-> (\w+)$/.exec(line) ?? [];
    if (value === undefined) throw new Error('write it as: value success: ... failure: ... -> Verdict');
    const verdict = evaluateConditions({ successCondition: success?.trim(), failureCondition: failure?.trim() }, measured(value), {
      nowMs: Date.parse('2026-01-01T00:00:00Z'),
    });
    expect([line, verdict.phase]).toEqual([line, phase]);
  });
});

describe('commands in the docs', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const values = parse(readFileSync(join(root, 'charts/rampart/values.yaml'), 'utf8')) as Record<string, unknown>;
  const commands = shellLines().map(({ page, command }) => [page, command] as const);

  it.each(commands)('%s: %s', (_, command) => {
    for (const [, script = ''] of command.matchAll(/npm run ([a-z]+)/g)) expect(scripts).toHaveProperty(script);
    for (const [, path = ''] of command.matchAll(/ ((?:examples|crds|charts)\/[\w./-]*)/g))
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    for (const [, key = ''] of command.matchAll(/--set ([\w.]+)=/g)) expect(values).toHaveProperty(key.split('.'));
    for (const [, json = ''] of command.matchAll(/ -p '([^']*)'/g)) expect(() => JSON.parse(json) as unknown).not.toThrow();
    const [, args] = /rampart(?:\.js)? controller (.*)$/.exec(command) ?? [];
    if (args !== undefined) expect(parseControllerOptions(args.split(' '), {}).outcome).not.toBe('refused');
    const [, line] = /(?:^|\| |<\()(?:kubectl )?rampart ((?!controller)[^)|]*)/.exec(command) ?? [];
    if (line !== undefined) expect(understood(line.trim().split(' '))).toBe(true);
  });
});

function understood(words: readonly string[]): boolean {
  const found = findCommand(words);
  if (found === undefined) return false;
  readArguments(found.rest, found.spec.flags);
  return true;
}

describe('links in the docs', () => {
  it.each(links().map(({ page, target }) => [page, target] as const))('%s -> %s', (page, target) => {
    expect(existsSync(join(root, dirname(page), target))).toBe(true);
  });

  it('lead to every guide and every decision', () => {
    const linked = new Set(links().map(({ page, target }) => join(dirname(page), target)));
    expect([...pages.keys()].filter((page) => page.startsWith('docs/') && page !== 'docs/README.md' && !linked.has(page))).toEqual(
      [],
    );
  });
});
