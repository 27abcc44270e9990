import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate, AnalysisTemplateSpec, ClusterAnalysisTemplate } from '../../api/analysis-template.ts';
import { type MergeInput, mergeTemplates } from './merge-templates.ts';
import { referencedTemplates, templateClosure } from './template-closure.ts';

const metric = (name: string, more: object = {}) => ({ name, provider: { prometheus: { query: 'up' } }, ...more });
const template = (name: string, spec: AnalysisTemplateSpec): AnalysisTemplate => ({ metadata: { name }, spec });

function input(namespaced: readonly AnalysisTemplate[], more: Partial<MergeInput> = {}): MergeInput {
  return {
    templates: namespaced.map(({ metadata }) => ({ templateName: metadata.name })),
    analysisTemplates: new Map(namespaced.map((one) => [one.metadata.name, one])),
    clusterAnalysisTemplates: new Map<string, ClusterAnalysisTemplate>(),
    resolve: () => ({ problem: 'nothing to read' }),
    mustEnd: true,
    path: 'spec.analysis',
    ...more,
  };
}

function problemsOf(merge: MergeInput): readonly string[] {
  const merged = mergeTemplates(merge);
  return 'problems' in merged ? merged.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

function specOf(merge: MergeInput) {
  const merged = mergeTemplates(merge);
  if ('problems' in merged) throw new Error(JSON.stringify(merged.problems));
  return merged.spec;
}

describe('merging templates', () => {
  it('puts the metrics of all templates together, nested ones after those that refer to them', () => {
    const outer = template('outer', { metrics: [metric('a')], templates: [{ templateName: 'inner' }] });
    const inner = template('inner', { metrics: [metric('b')], templates: [{ templateName: 'outer' }] });
    const last = template('last', { metrics: [metric('c')] });
    const merge = input([outer, inner, last], { templates: [{ templateName: 'outer' }, { templateName: 'last' }] });
    expect(specOf(merge).metrics.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('keeps a namespaced and a cluster template of the same name apart', () => {
    const own = template('same', { metrics: [metric('a')], templates: [{ templateName: 'same', clusterScope: true }] });
    const cluster = template('same', { metrics: [metric('b')] });
    const merge = input([own], { clusterAnalysisTemplates: new Map([['same', cluster]]) });
    expect(specOf(merge).metrics.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('names what does not exist and where it was asked for', () => {
    const outer = template('outer', { templates: [{ templateName: 'gone', clusterScope: true }] });
    const merge = input([outer], { templates: [{ templateName: 'outer' }, { templateName: 'missing' }] });
    expect(problemsOf(merge)).toEqual([
      "spec.analysis.templates[0].templateName: ClusterAnalysisTemplate 'gone' not found",
      "spec.analysis.templates[1].templateName: AnalysisTemplate 'missing' not found",
    ]);
  });

  it('refuses two metrics of one name', () => {
    const merge = input([template('x', { metrics: [metric('a')] }), template('y', { metrics: [metric('a')] })]);
    expect(problemsOf(merge)).toEqual([
      "spec.analysis.templates: two metrics have the name 'a' (AnalysisTemplate 'x' and AnalysisTemplate 'y'); names must be unique",
    ]);
  });

  it('says what is malformed in a template that got past the API server', () => {
    const broken = template('x', { metrics: [metric('a', { count: [] })], templates: 'y' } as never);
    expect(problemsOf(input([broken])).map((problem) => problem.replace(/: must be.*/, ''))).toEqual([
      "AnalysisTemplate 'x': spec.metrics[0].count",
      "AnalysisTemplate 'x': spec.templates",
    ]);
  });

  it('ends with a problem, not with a loop, where too many templates are reached', () => {
    const chain = Array.from({ length: 150 }, (_, index) =>
      template(`t${index}`, { metrics: [metric(`m${index}`)], templates: [{ templateName: `t${index + 1}` }] }),
    );
    expect(problemsOf(input(chain, { templates: [{ templateName: 't0' }] }))).toEqual([
      'spec.analysis.templates: more than 100 templates are reached',
    ]);
  });
});

describe('arguments of merged templates', () => {
  const asks = (args: AnalysisTemplateSpec['args'], query = '{{args.x}}') =>
    template('t', { args, metrics: [{ name: 'a', provider: { prometheus: { query } } }] });

  const cases: readonly [string, MergeInput, readonly object[]][] = [
    ['a default of the template', input([asks([{ name: 'x', value: 'd' }])]), [{ name: 'x', value: 'd' }]],
    [
      'the value of the rollout instead of the default',
      input([asks([{ name: 'x', value: 'd' }])], { args: [{ name: 'x', value: 'r' }] }),
      [{ name: 'x', value: 'r' }],
    ],
    [
      'a value taken from the rollout',
      input([asks([{ name: 'x' }])], {
        args: [{ name: 'x', valueFrom: { podTemplateHashValue: 'Latest' } }],
        resolve: ({ podTemplateHashValue }) => ({ value: `hash of ${podTemplateHashValue}` }),
      }),
      [{ name: 'x', value: 'hash of Latest' }],
    ],
    [
      'a field that the template itself names',
      input([asks([{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }])], {
        resolve: ({ fieldRef }) => ({ value: `field ${fieldRef?.fieldPath}` }),
      }),
      [{ name: 'x', value: 'field metadata.name' }],
    ],
    [
      'a secret, left where it is',
      input([asks([{ name: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }])]),
      [{ name: 'x', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
    ],
    [
      'the value of one template where another leaves it open',
      input([asks([{ name: 'x' }]), template('u', { args: [{ name: 'x', value: 'u' }] })]),
      [{ name: 'x', value: 'u' }],
    ],
    [
      'nothing that no template asks for',
      input([asks([{ name: 'x', value: 'd' }])], { args: [{ name: 'y', value: 'r' }] }),
      [{ name: 'x', value: 'd' }],
    ],
  ];
  it.each(cases)('takes %s', (_, merge, expected) => {
    expect(specOf(merge).args).toEqual(expected);
  });

  it.each([
    ['not given at all', input([asks([{ name: 'x' }])]), 'spec.analysis.args: args.x was not resolved'],
    ['used but never declared', input([asks([])]), 'spec.analysis.args: args.x was not resolved'],
    [
      'taken from where nothing is',
      input([asks([{ name: 'x' }])], { args: [{ name: 'x', valueFrom: { fieldRef: { fieldPath: 'status.none' } } }] }),
      'spec.analysis.args[0].valueFrom: args.x was not resolved: nothing to read',
    ],
    [
      'given twice, differently',
      input([asks([{ name: 'x', value: '1' }]), template('u', { args: [{ name: 'x', value: '2' }] })]),
      "spec.analysis.templates: the templates give argument 'x' different values; give it one in spec.analysis.args and none there",
    ],
  ])('refuses an argument that is %s', (_, merge, problem) => {
    expect(problemsOf(merge)).toEqual([problem]);
  });
});

describe('checks of merged metrics', () => {
  it.each([
    [
      'runs indefinitely',
      { interval: '1m' },
      "AnalysisTemplate 't': spec.metrics[0]: metric 'a' runs indefinitely; what waits for it needs a count",
    ],
    [
      'has a count without interval',
      { count: 3 },
      "AnalysisTemplate 't': spec.metrics[0].interval: a count of 3 needs an interval between the measurements",
    ],
    [
      'has a broken interval',
      { interval: 'soon', count: 1 },
      'AnalysisTemplate \'t\': spec.metrics[0].interval: must be a duration such as 30s, 5m or 1h30m, got "soon"',
    ],
    [
      'fails more often than it is measured',
      { count: 2, interval: '1m', failureLimit: 3 },
      "AnalysisTemplate 't': spec.metrics[0].failureLimit: 3 is more than the count of 2, so nothing could ever fail",
    ],
  ])('refuses one that %s', (_, more, problem) => {
    expect(problemsOf(input([template('t', { metrics: [metric('a', more)] })]))).toEqual([problem]);
  });

  it('puts up with limits above the one measurement that is made where no count is written', () => {
    const merge = input([template('t', { metrics: [metric('a', { failureLimit: 3, inconclusiveLimit: 2 })] })]);
    expect(specOf(merge).metrics).toHaveLength(1);
  });

  it('refuses a secret where a run would refuse it', () => {
    const secret = { name: 's', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } };
    const t = template('t', { args: [secret], metrics: [metric('a', { successCondition: 'result == "{{args.s}}"' })] });
    expect(problemsOf(input([t]))).toEqual([
      "AnalysisTemplate 't': spec.metrics[0]: args.s comes from a Secret, which only the provider's block may use",
    ]);
  });

  it('reads names with their arguments filled in', () => {
    const args = [{ name: 'service', value: 'shop' }];
    const t = template('t', { args, metrics: [metric('{{args.service}}-rate')], dryRun: [{ metricName: '^shop-rate$' }] });
    expect(specOf(input([t])).dryRun).toEqual([{ metricName: '^shop-rate$' }]);
    const u = template('u', { metrics: [metric('shop-rate')] });
    expect(problemsOf(input([t, u]))).toEqual([
      "AnalysisTemplate 'u': spec.metrics[0]: two metrics have the name 'shop-rate'; names must be unique",
    ]);
  });

  it('lets a background analysis run without end', () => {
    const merge = input([template('t', { metrics: [metric('a', { interval: '1m' })] })], { mustEnd: false });
    expect(specOf(merge).metrics).toHaveLength(1);
  });

  it('counts with an argument as count', () => {
    const t = template('t', {
      args: [{ name: 'n', value: '3' }],
      metrics: [metric('a', { interval: '1m', count: '{{ args.n }}' })],
    });
    expect(specOf(input([t])).metrics[0]?.count).toBe('{{ args.n }}');
  });

  it('holds rules for dry runs and retention against the names, as unanchored RE2', () => {
    const t = template('t', { metrics: [metric('error-rate')], dryRun: [{ metricName: 'rate$' }] });
    expect(specOf(input([t])).dryRun).toEqual([{ metricName: 'rate$' }]);
    const broken = { dryRun: [{ metricName: '^rate' }], measurementRetention: [{ metricName: '(', limit: 3 }] };
    expect(problemsOf(input([t], broken))).toEqual([
      'spec.analysis.dryRun[0].metricName: "^rate" matches the name of no metric',
      'spec.analysis.measurementRetention[0].metricName: "(" is not a regular expression',
    ]);
  });
});

describe('the templates reached', () => {
  it('lists missing ones too, so that their appearance is noticed', () => {
    const outer = template('outer', { templates: [{ templateName: 'gone', clusterScope: true }] });
    const reached = referencedTemplates([{ templateName: 'outer' }], input([outer]));
    expect(reached).toEqual({ analysisTemplates: new Set(['outer']), clusterAnalysisTemplates: new Set(['gone']) });
  });

  it('reaches each once, however often it is named', () => {
    const a = template('a', { templates: [{ templateName: 'b' }, { templateName: 'b' }] });
    const b = template('b', { templates: [{ templateName: 'a' }] });
    expect(templateClosure([{ templateName: 'a' }, { templateName: 'b' }], input([a, b])).found.map(({ name }) => name)).toEqual([
      'a',
      'b',
    ]);
  });
});
