/**
 * The conditions of a header or mirror route, and what becomes of a rule's own match when such a condition has to hold besides. What the
 * API of routes cannot say is a problem in words, never a wider match.
 */
import type { ManagedRoute, StringMatch } from '../../../core/rollout/routes.ts';
import type { HeaderMatch, RouteMatch } from './route-object.ts';

export interface Condition {
  readonly method?: string;
  readonly path?: { readonly type: string; readonly value: string };
  readonly headers: readonly HeaderMatch[];
}

/** `none`: no request can meet both. `problem`: a part of a sentence, without the rule. */
export type Narrowed =
  | { readonly kind: 'match'; readonly match: RouteMatch }
  | { readonly kind: 'none' }
  | { readonly kind: 'problem'; readonly message: string };

/** Any of them is enough. */
export function conditionsOf(route: ManagedRoute): readonly Condition[] {
  if (route.kind === 'header') {
    return [{ headers: route.match.map(({ headerName, headerValue }) => headerMatch(headerName, headerValue)) }];
  }
  return route.match.map(({ method, path, headers = {} }) => ({
    ...(method?.exact !== undefined && { method: method.exact }),
    ...(path !== undefined && { path: pathMatch(path) }),
    headers: Object.entries(headers).map(([name, value]) => headerMatch(name, value)),
  }));
}

/** `kind`: the route's, such as HTTPRoute. */
export function narrowed(match: RouteMatch, condition: Condition, kind: string): Narrowed {
  const { method, path } = condition;
  if (kind === 'GRPCRoute' && (method !== undefined || path !== undefined)) {
    return { kind: 'problem', message: 'cannot be told by HTTP method and path in a GRPCRoute; match by headers' };
  }
  if (method !== undefined && match.method !== undefined && match.method !== method) return { kind: 'none' };
  const headers = bothHeaders(match.headers ?? [], condition.headers);
  if (!Array.isArray(headers)) return headers;
  const paths = path === undefined ? match.path : bothPaths(match.path ?? { type: 'PathPrefix', value: '/' }, path);
  if (paths !== undefined && 'kind' in paths) return paths;
  return {
    kind: 'match',
    match: {
      ...match,
      ...(paths !== undefined && { path: paths }),
      ...(method !== undefined && { method }),
      ...(headers.length > 0 && { headers }),
    },
  };
}

function headerMatch(name: string, { exact, prefix, regex }: StringMatch): HeaderMatch {
  if (exact !== undefined) return { type: 'Exact', name, value: exact };
  return { type: 'RegularExpression', name, value: regex ?? `${escaped(prefix ?? '')}.*` };
}

function pathMatch({ exact, prefix, regex }: StringMatch): { readonly type: string; readonly value: string } {
  if (exact !== undefined) return { type: 'Exact', value: exact };
  return prefix === undefined ? { type: 'RegularExpression', value: regex ?? '' } : { type: 'PathPrefix', value: prefix };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}

/** A header can be asked for but once in a match. */
function bothHeaders(own: readonly HeaderMatch[], added: readonly HeaderMatch[]): HeaderMatch[] | Narrowed {
  const headers = [...own];
  for (const one of added) {
    const present = headers.find(({ name }) => name.toLowerCase() === one.name.toLowerCase());
    const { type = 'Exact', value } = present ?? {};
    if (present === undefined) headers.push(one);
    else if (type === one.type && value === one.value) continue;
    else if (type === 'Exact' && one.type === 'Exact') return { kind: 'none' };
    else return { kind: 'problem', message: `asks for header ${one.name}, for which the rule has a condition of its own` };
  }
  return headers;
}

function bothPaths(own: NonNullable<RouteMatch['path']>, added: NonNullable<RouteMatch['path']>): RouteMatch['path'] | Narrowed {
  const { type = 'PathPrefix', value = '/' } = own;
  const wanted = added.value ?? '/';
  if ((type === 'PathPrefix' && value === '/') || (type === added.type && value === wanted)) return added;
  if (type === 'RegularExpression' || added.type === 'RegularExpression') {
    return {
      kind: 'problem',
      message: `asks for path ${wanted}, which cannot be told together with the path ${value} of the rule`,
    };
  }
  if (added.type === 'PathPrefix' && isBelow(value, wanted)) return own;
  return type === 'PathPrefix' && isBelow(wanted, value) ? added : { kind: 'none' };
}

/** By whole parts of a path: /a is above /a/b, not above /ab. */
function isBelow(path: string, prefix: string): boolean {
  const stem = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path === stem || path.startsWith(`${stem}/`);
}
