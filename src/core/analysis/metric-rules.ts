/**
 * Rules that name metrics by a regular expression (`dryRun`, `measurementRetention`): RE2, matching anywhere in the name. A rule
 * that matches nothing is a mistake worth telling, for it silently protects or keeps nothing.
 */
import { RE2JS } from 're2js';
import type { Problem } from '../../api/problem.ts';
import { isModestPattern } from './condition/pattern.ts';

export interface MetricRules<Rule> {
  /** metric name -> the first rule that matches it. */
  readonly matches: ReadonlyMap<string, Rule>;
  /** With paths such as `spec.dryRun[0].metricName`. */
  readonly problems: readonly Problem[];
}

export function matchMetricRules<Rule extends { readonly metricName: string }>(
  rules: readonly Rule[],
  metricNames: readonly string[],
  path: string,
): MetricRules<Rule> {
  const matches = new Map<string, Rule>();
  const problems: Problem[] = [];
  for (const [index, rule] of rules.entries()) {
    const at = `${path}[${index}].metricName`;
    if (!isModestPattern(rule.metricName)) {
      problems.push({
        path: at,
        message: 'is too long a regular expression, or repeats too much; name the metrics by a shorter one',
      });
      continue;
    }
    const pattern = compile(rule.metricName);
    if (pattern === undefined) {
      problems.push({ path: at, message: `"${rule.metricName}" is not a regular expression` });
      continue;
    }
    const matched = metricNames.filter((name) => pattern.matcher(name).find());
    if (matched.length === 0) problems.push({ path: at, message: `"${rule.metricName}" matches the name of no metric` });
    for (const name of matched) if (!matches.has(name)) matches.set(name, rule);
  }
  return { matches, problems };
}

function compile(text: string): RE2JS | undefined {
  try {
    return RE2JS.compile(text);
  } catch {
    return undefined;
  }
}
