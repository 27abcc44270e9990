/**
 * Lets the providers of a rehearsal know for which metric they are asked: templates get headers that carry its name and conditions, arguments filled in
 * by the controller like everything else of the query.
 */
import type { KubeObject } from '../../api/kubernetes.ts';
import { substituteArguments } from '../../core/analysis/arguments.ts';
import type { Conditions } from '../../core/analysis/condition/evaluate-conditions.ts';
import { type Fields, fieldsAt, isFields, listAt, textAt, withSpec } from '../intake/fields.ts';
import { isSolved } from './answer-for.ts';

const [nameKey, successKey, failureKey] = ['x-rehearsed-metric', 'x-rehearsed-success', 'x-rehearsed-failure'];

export interface MarkedMetric extends Conditions {
  /** `AnalysisTemplate shop: success-rate` */
  readonly metric: string;
}

interface Header {
  readonly key: string;
  readonly value: string;
}

export function markOf(headers: readonly Header[] | undefined): MarkedMetric {
  const value = (key: string): string => headers?.find((one) => one.key === key)?.value ?? '';
  return { metric: value(nameKey), successCondition: value(successKey), failureCondition: value(failureKey) };
}

export function isTemplate({ kind }: KubeObject): boolean {
  return kind === 'AnalysisTemplate' || kind === 'ClusterAnalysisTemplate';
}

/** `assume` is told what is made of metrics that nobody here can answer. */
export function marked(template: KubeObject, assume: (sentence: string) => void): KubeObject {
  const args = new Map(listAt(template, 'spec', 'args').map((arg) => [textAt(arg, 'name') ?? '', textAt(arg, 'value') ?? '1']));
  const metrics = listAt(template, 'spec', 'metrics').map((metric) => {
    const metricName = `${template.kind} ${template.metadata.name}: ${textAt(metric, 'name') ?? ''}`;
    const kind = isFields(fieldsAt(metric, 'provider', 'web')) ? 'web' : 'prometheus';
    if (fieldsAt(metric, 'provider', kind) === undefined) {
      if (fieldsAt(metric, 'provider', 'job') !== undefined)
        assume(
          `${metricName}: its Job succeeds while the new version answers well, and fails while it answers errors or not at all.`,
        );
      return metric;
    }
    return kind === 'web' ? markedWeb(metric, { metricName, args, assume }) : withHeaders(metric, kind, metricName);
  });
  return withSpec(template, { metrics });
}

interface Marking {
  readonly metricName: string;
  readonly args: ReadonlyMap<string, string>;
  readonly assume: (sentence: string) => void;
}

function markedWeb(metric: Fields, { metricName, args, assume }: Marking): Fields {
  const { successCondition = '', failureCondition = '' } = substituteArguments(metric, args).value as Conditions;
  if (isSolved({ successCondition, failureCondition })) {
    assume(
      `${metricName}: nothing is asked of its address; it answers what its conditions call good while the new version answers well, and bad while it answers errors or not at all.`,
    );
    return withHeaders(metric, 'web', metricName);
  }
  assume(
    `${metricName}: no answer was found that its conditions would call good; it is judged by whether the new version answers well.`,
  );
  const { failureCondition: _, ...rest } = metric;
  return withHeaders({ ...rest, successCondition: 'result == "good"' }, 'web', metricName);
}

function withHeaders(metric: Fields, kind: 'web' | 'prometheus', metricName: string): Fields {
  const block = fieldsAt(metric, 'provider', kind) ?? {};
  const marks: readonly Header[] = [
    { key: nameKey, value: metricName },
    { key: successKey, value: textAt(metric, 'successCondition') ?? '' },
    { key: failureKey, value: textAt(metric, 'failureCondition') ?? '' },
  ];
  const headers = [...listAt(block, 'headers'), ...marks.filter(({ value }) => value !== '')];
  return { ...metric, provider: { [kind]: { ...block, headers } } };
}
