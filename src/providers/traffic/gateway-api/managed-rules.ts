/**
 * The rules that header and mirror routes add to a live route: copies of the user's rules that name both Services, so that they follow
 * every edit of those. They are known again by their names, which the mark holds, and where a cluster keeps no names, by what they say.
 */
import { isDeepStrictEqual } from 'node:util';
import type { MarkedRule } from '../../../api/route-mark.ts';
import type { ManagedRoute } from '../../../core/rollout/routes.ts';
import { conditionsOf, narrowed } from './narrowed-match.ts';
import type { BackendRef, HeaderMatch, RouteMatch, RouteRule } from './route-object.ts';

/** A rule of the user with both Services, its weights as they shall be. */
export interface SourceRule {
  readonly index: number;
  readonly rule: RouteRule;
  readonly canary: readonly BackendRef[];
}

export interface ManagedRule {
  readonly rule: RouteRule;
  readonly marked: MarkedRule;
}

export interface ManagedScope {
  /** The route's kind, such as HTTPRoute. */
  readonly kind: string;
  readonly sources: readonly SourceRule[];
  /** Names of the user's rules. */
  readonly taken: ReadonlySet<string>;
}

/** In the order in which they shall stand; a sentence, without the route's name, where one cannot be written. */
export function managedRules(routes: readonly ManagedRoute[], scope: ManagedScope): readonly ManagedRule[] | string {
  const taken = new Set(scope.taken);
  const rules: ManagedRule[] = [];
  for (const route of routes) {
    const conditions = conditionsOf(route);
    const [only, ...others] = conditions;
    const headers = others.length === 0 ? (only?.headers ?? []) : [];
    for (const source of scope.sources) {
      const matches = narrowedMatches(source.rule.matches ?? [{}], conditions, scope.kind);
      if (typeof matches === 'string') return `cannot carry route ${route.name} beside rule ${source.index}: it ${matches}`;
      if (matches.length === 0) continue;
      const name = freeName(route.name, taken);
      taken.add(name);
      rules.push({ rule: { ...copy(source, route), name, matches }, marked: { name, headers } });
    }
  }
  return rules;
}

function narrowedMatches(
  own: readonly RouteMatch[],
  conditions: ReturnType<typeof conditionsOf>,
  kind: string,
): readonly RouteMatch[] | string {
  const matches: RouteMatch[] = [];
  for (const match of own) {
    for (const condition of conditions) {
      const both = narrowed(match, condition, kind);
      if (both.kind === 'problem') return both.message;
      if (both.kind === 'match') matches.push(both.match);
    }
  }
  return matches;
}

function copy({ rule, canary }: SourceRule, route: ManagedRoute): RouteRule {
  if (route.kind === 'header') return { ...rule, backendRefs: canary.map((backend) => ({ ...backend, weight: 1 })) };
  const [first] = canary;
  const { percentage = 100 } = route;
  const { name, namespace, port } = first ?? { name: '' };
  const backendRef = { group: '', kind: 'Service', name, ...(namespace && { namespace }), ...(port && { port }) };
  const requestMirror = { backendRef, ...(percentage < 100 && { percent: percentage }) };
  return { ...rule, filters: [...(rule.filters ?? []), { type: 'RequestMirror', requestMirror }] };
}

/** The name, then name-1, name-2, ... */
function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 1; taken.has(free); number += 1) free = `${name}-${number}`;
  return free;
}

export interface Recognition {
  /** What the mark says has been added. */
  readonly marked: readonly MarkedRule[];
  /** Names of managed routes: theirs are ours even where a tool has taken the mark off. */
  readonly names: readonly string[];
  readonly isCanary: (backend: BackendRef) => boolean;
}

/** The places of those rules that are ours. */
export function managedAmong(rules: readonly RouteRule[], { marked, names, isCanary }: Recognition): readonly number[] {
  if (marked.length === 0 && names.length === 0) return [];
  const kept = new Set(rules.map(({ name }) => name));
  const nameless = marked.filter(({ name }) => !kept.has(name));
  const isOurs = (rule: RouteRule): boolean => {
    const { name, matches = [] } = rule;
    if (name !== undefined && marked.some((one) => one.name === name)) return true;
    const isCopy = leads(rule, isCanary) || mirrors(rule, isCanary);
    if (!isCopy) return false;
    if (name !== undefined) return names.some((base) => name === base || isNumbered(name, base));
    return nameless.some(
      ({ headers }) =>
        (headers.length > 0 || mirrors(rule, isCanary)) && matches.length > 0 && matches.every((match) => asksFor(match, headers)),
    );
  };
  return rules.flatMap((rule, index) => (isOurs(rule) ? [index] : []));
}

function isNumbered(name: string, base: string): boolean {
  return name.startsWith(`${base}-`) && /^[1-9]\d*$/.test(name.slice(base.length + 1));
}

function leads({ backendRefs = [] }: RouteRule, isCanary: Recognition['isCanary']): boolean {
  return backendRefs.length > 0 && backendRefs.every(isCanary);
}

function mirrors({ filters = [] }: RouteRule, isCanary: Recognition['isCanary']): boolean {
  return filters.some((filter) => {
    const backend = (filter as { readonly requestMirror?: { readonly backendRef?: BackendRef } } | null)?.requestMirror?.backendRef;
    return backend !== undefined && isCanary(backend);
  });
}

function asksFor({ headers = [] }: RouteMatch, wanted: readonly HeaderMatch[]): boolean {
  return wanted.every((one) => headers.some((header) => isDeepStrictEqual({ type: 'Exact', ...header }, one)));
}

/** Whether a live rule is as wanted, a name that the cluster does not keep aside. */
export function isSameRule(live: RouteRule, wanted: RouteRule): boolean {
  return isDeepStrictEqual(live.name === undefined ? { ...live, name: wanted.name } : live, wanted);
}
