/** What a PromQL query says of itself, read with Prometheus' own grammar: which series it picks, over which windows, and whether it divides. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { durationMs } from '../../simulation/prometheus/promql-parse.ts';

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels that results are grouped or matched by. */
  readonly labels: readonly string[];
  /** The longest range in brackets; 0 where there is none. */
  readonly longestRangeMs: number;
  /** Divides by something that is counted, with nothing that stands in for missing or zero. */
  readonly dividesByTraffic: boolean;
  /** Names a value for the case that there are no series: `or vector(0)`, `absent(...)`, a plain number. */
  readonly hasFallback: boolean;
}

export interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

/** Undefined for what Prometheus would not parse, or what waits for an argument outside of quotes. */
export function readQuery(text: string): Query | undefined {
  const words = (node: SyntaxNode) => text.slice(node.from, node.to);
  const selectors: Selector[] = [];
  const labels: string[] = [];
  let longestRangeMs = 0;
  let divides = false;
  let fallback = false;
  let isBroken = text.trim() === '';
  parser.parse(text).iterate({
    enter: ({ node, type }) => {
      if (type.isError) isBroken = true;
      if (node.name === 'VectorSelector') selectors.push(selectorOf(node, words));
      if (node.name === 'GroupingLabels') labels.push(...node.getChildren('LabelName').map(words));
      if (node.name === 'MatrixSelector' || node.name === 'SubqueryExpr') {
        const range = node.getChild('DurationExpr');
        if (range !== null) longestRangeMs = Math.max(longestRangeMs, durationMs(words(range)) || 0);
      }
      if (node.name === 'Div') divides ||= countsTraffic(node.nextSibling, words);
      if (isFallback(node, words)) fallback = true;
    },
  });
  if (isBroken) return undefined;
  return { selectors, labels, longestRangeMs, dividesByTraffic: divides && !fallback, hasFallback: fallback };
}

function selectorOf(node: SyntaxNode, words: (node: SyntaxNode) => string): Selector {
  const name = node.getChild('Identifier');
  const list = node.getChild('LabelMatchers');
  const matchers: Selector['matchers'][number][] = [];
  for (let child = list?.firstChild ?? null; child !== null; child = child.nextSibling) {
    const value = child.getChild('StringLiteral');
    if (!child.name.endsWith('LabelMatcher') || child.firstChild === null || value === null) continue;
    matchers.push({ label: bare(words(child.firstChild)), value: bare(words(value)) });
  }
  return { metric: name === null ? '' : words(name), matchers };
}

function bare(quoted: string): string {
  return quoted.replace(/^["'`]|["'`]$/g, '');
}

/** A denominator that is zero, or not there, while nobody asks. */
function countsTraffic(node: SyntaxNode | null, words: (node: SyntaxNode) => string): boolean {
  for (let next = node; next !== null; next = next.nextSibling) {
    if (!/^(?:AggregateExpr|FunctionCall|VectorSelector|ParenExpr|BinaryExpr|StepInvariantExpr)$/.test(next.name)) continue;
    const text = words(next);
    return /[a-zA-Z_:]/.test(text) && !/\bclamp_min\b|\bor\b/.test(text);
  }
  return false;
}

function isFallback(node: SyntaxNode, words: (node: SyntaxNode) => string): boolean {
  if (node.name === 'Or') return true;
  return node.name === 'FunctionIdentifier' && /^(?:vector|absent|absent_over_time)$/.test(words(node));
}
