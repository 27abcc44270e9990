/** Every text that somebody else writes is read in a time that grows with its length and no faster: no expression of ours explodes, and no number of digits is too many. */
import { expect, test } from 'vitest';
import { parseAddressRule } from '../../../src/api/address-rule.ts';
import { decodeRollout } from '../../../src/api/decode.ts';
import { parsePauseDuration } from '../../../src/api/duration.ts';
import { parseIntOrPercent } from '../../../src/api/int-or-percent.ts';
import { selectorProblems } from '../../../src/api/label-selector.ts';
import { readRouteMarks } from '../../../src/api/route-mark.ts';
import { argumentProblems } from '../../../src/api/validation/analysis.ts';
import { toldProblems } from '../../../src/api/validation/invalid-spec.ts';
import { managedNameProblem } from '../../../src/api/validation/managed-routes.ts';
import { validateRollout } from '../../../src/api/validation/rollout.ts';
import { substituteArguments } from '../../../src/core/analysis/arguments.ts';
import { compileCondition, evaluate } from '../../../src/core/analysis/condition/condition.ts';
import { ConditionError } from '../../../src/core/analysis/condition/condition-error.ts';
import { parseJsonPath } from '../../../src/core/analysis/json-path/parse-json-path.ts';
import { matchMetricRules } from '../../../src/core/analysis/metric-rules.ts';
import { fillIn } from '../../../src/core/experiment/run-arguments.ts';
import { lookUpField } from '../../../src/core/rollout/field-reference.ts';
import { podTemplateHash } from '../../../src/core/rollout/identity/pod-template-hash.ts';
import { canonicalQuantity, quantityInMilli } from '../../../src/core/rollout/identity/quantity.ts';
import { parseControllerOptions } from '../../../src/options/controller-options.ts';
import { jobName } from '../../../src/providers/metrics/job/job-object.ts';
import { PrometheusProvider } from '../../../src/providers/metrics/prometheus/prometheus-provider.ts';
import { proxyFor } from '../../../src/runtime/client/proxy.ts';
import { eventName } from '../../../src/runtime/event-name.ts';
import { ended, longTexts } from '../../support/hostile.ts';

const rolloutOf = (canary: object, container: object = {}): object => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'shop', namespace: 'n' },
  spec: {
    selector: { matchLabels: { app: 'shop' } },
    template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'web', image: 'shop:1', ...container }] } },
    strategy: { canary },
  },
});

/** What InvalidSpec would say. */
function judged(object: object): string {
  const { rollout, problems } = decodeRollout(object);
  return toldProblems(validateRollout(rollout, problems));
}

function conditionOn(text: string): (measured: string) => void {
  const compiled = compileCondition(text);
  if (compiled instanceof ConditionError) throw compiled;
  return (measured) => void evaluate(compiled, { values: { result: measured } });
}

const spec = (template: object) => template as Parameters<typeof podTemplateHash>[0];
const prometheus = new PrometheusProvider({ defaultAddress: 'http://127.0.0.1:1' });
const aborted = { signal: AbortSignal.abort(), nowMs: 0 };

const surfaces: Readonly<Record<string, (text: string) => unknown>> = {
  'a duration': parsePauseDuration,
  'a number or a share': parseIntOrPercent,
  'a quantity': (text) => [canonicalQuantity(text), quantityInMilli(text)],
  'a quantity, an image and a command of a pod template': (text) =>
    podTemplateHash(
      spec({
        spec: { containers: [{ name: text, image: text, command: [text], resources: { limits: { cpu: text, memory: text } } }] },
      }),
    ),
  'a label': (text) =>
    selectorProblems({ matchLabels: { [text]: text }, matchExpressions: [{ key: text, operator: 'In', values: [text] }] }, ''),
  'a strategy': (text) =>
    judged(
      rolloutOf({
        maxSurge: text,
        canaryService: text,
        stableService: text,
        canaryMetadata: { labels: { [text]: text } },
        steps: [{ pause: { duration: text } }, { setWeight: text }, { setHeaderRoute: { name: text } }],
        trafficRouting: {
          nginx: { stableIngress: text, additionalIngressAnnotations: { [text]: text } },
          managedRoutes: [{ name: text }],
        },
        analysis: { templates: [{ templateName: text }], args: [{ name: text, valueFrom: { fieldRef: { fieldPath: text } } }] },
      }),
    ),
  'a reference to a field': (text) => [
    lookUpField({ metadata: { labels: { a: 'b' } } }, text),
    lookUpField({ metadata: { labels: { a: 'b' } } }, `metadata.labels['${text}']`),
    argumentProblems({ name: 'a', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${text}']` } } }, ''),
  ],
  'a text with arguments': (text) => substituteArguments({ query: text }, new Map([['x', 'y']])),
  'an argument': (text) => substituteArguments({ query: '{{args.x}}'.repeat(100) }, new Map([['x', text]])),
  'an argument of an experiment': (text) => fillIn(text, { name: 'e', namespace: 'n', templates: new Map() } as never),
  'a condition': compileCondition,
  'a number in a condition': conditionOn('float(result) > 0 and int(result) > 0'),
  'a measured text in a condition': conditionOn(
    'trim(result) contains "b" and split(result, ",") == [] and result matches "^(a+)+$" and duration(result) > duration("1s")',
  ),
  'a path into JSON': parseJsonPath,
  'names of metrics': (text) => matchMetricRules([{ metricName: text }], ['a', 'a'.repeat(1000)], 'spec.dryRun'),
  'the name of a metric that is a Job': (text) =>
    jobName({ run: { uid: 'u', name: 'r', namespace: 'n' }, metric: text, ordinal: 1 } as never),
  'the address of Prometheus': (text) =>
    void prometheus.measure({ query: 'up', address: `http://127.0.0.1:1/${text}` }, aborted).catch(() => undefined),
  'a mark on a route': (text) => readRouteMarks({ annotations: { 'rampart.dev/routes': text } }),
  'the name of an event': (text) =>
    eventName({ kind: 'Rollout', name: text, namespace: 'n' } as never, { identity: text, reason: 'R', order: [] } as never),
  'a managed route': managedNameProblem,
  'a flag': (text) =>
    parseControllerOptions(
      [`--${text}`, `--qps=${text}`, `--metric-address-deny=${text}`, `--leader-election-retry-period=${text}`],
      {},
    ),
  'a variable of the environment': (text) => [
    parseControllerOptions([], { RAMPART_QPS: text, RAMPART_METRIC_ADDRESS_ALLOW: text }),
    proxyFor(new URL('https://10.0.0.1'), undefined, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: text }),
  ],
  'an address': parseAddressRule,
};

test.each(Object.keys(surfaces))('%s', { timeout: 120_000 }, (surface) => {
  const read = surfaces[surface];
  if (read === undefined) expect.unreachable();
  for (const text of longTexts) {
    const said = ended(() =>
      JSON.stringify(read(text), (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    );
    // What is wrong is said without the whole of it.
    if (surface === 'a strategy') expect(said.length).toBeLessThan(100_000);
  }
});

test('an expression that names metrics may not stand for a program that fills the memory', () => {
  const repeated = `${'('.repeat(5)}a${'{100})'.repeat(5)}`;
  for (const metricName of [repeated, `${'a{0,1000}'.repeat(100)}`, 'a'.repeat(1001)]) {
    const { problems, matches } = ended(() => matchMetricRules([{ metricName }], ['a'], 'spec.dryRun'));
    expect([problems, matches.size]).toEqual([
      [{ path: 'spec.dryRun[0].metricName', message: expect.stringContaining('a shorter one') }],
      0,
    ]);
  }
});

test.each([
  ['a duration', () => parsePauseDuration(`${'1'.repeat(300_000)}x`)],
  ['a quantity', () => canonicalQuantity(`${'0'.repeat(300_000)}x`)],
  ['a quantity that shrinks', () => canonicalQuantity(`1${'0'.repeat(300_000)}`)],
  ['a float', () => conditionOn('float(result) > 0')(`${'1'.repeat(3_000_000)}x`)],
  ['an int', () => conditionOn('int(result) > 0')('1'.repeat(3_000_000))],
  ['the name of a Job', () => surfaces['the name of a metric that is a Job']?.(`a${'-'.repeat(300_000)}a`)],
])('%s as long as the API server and a metric take', (_, read) => {
  ended(read);
});
