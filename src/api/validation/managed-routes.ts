/** What is wrong with the header and mirror routes that a canary's steps add: their names, their conditions, and who shall carry them. */
import { decodeGatewayApiRouting, type GatewayApiRouting } from '../gateway-api-routing.ts';
import type { Problem } from '../problem.ts';
import type { CanaryStep, CanaryStrategy, TrafficRouting } from '../rollout.ts';

type HeaderStep = NonNullable<CanaryStep['setHeaderRoute']>;
type MirrorStep = NonNullable<CanaryStep['setMirrorRoute']>;
type Match = { readonly exact?: string | undefined; readonly prefix?: string | undefined; readonly regex?: string | undefined };

/** `path`: of the strategy. */
export function managedRouteStepProblems({ steps = [], trafficRouting }: CanaryStrategy, path: string): readonly Problem[] {
  return steps.flatMap(({ setHeaderRoute, setMirrorRoute }, index) => {
    const at = `${path}.steps[${index}]`;
    if (setHeaderRoute !== undefined) return headerProblems(setHeaderRoute, `${at}.setHeaderRoute`, trafficRouting);
    return setMirrorRoute === undefined ? [] : mirrorProblems(setMirrorRoute, `${at}.setMirrorRoute`, trafficRouting);
  });
}

/** Names become names of rules in routes of the Gateway API. */
export function managedNameProblem(name: string): string | undefined {
  if (name === '') return 'must not be empty';
  return name.length <= longestName && nameForm.test(name)
    ? undefined
    : `must be lower case letters, digits, - and . (at most ${longestName}), got ${JSON.stringify(name)}`;
}

/** A rule's name has 253 at most, and a number may follow. */
const longestName = 240;
const nameForm = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function headerProblems(
  { name = '', match = [] }: HeaderStep,
  path: string,
  routing: TrafficRouting | undefined,
): readonly Problem[] {
  const carried = carrierProblems(name, path, routing);
  if (carried.length > 0) return carried;
  const seen = new Set<string>();
  return match.flatMap(({ headerName, headerValue }, index) => {
    const at = `${path}.match[${index}]`;
    const known = headerName.toLowerCase();
    if (headerName === '') return [{ path: `${at}.headerName`, message: 'must not be empty' }];
    if (seen.has(known)) return [{ path: `${at}.headerName`, message: `must be unique, got ${JSON.stringify(headerName)} twice` }];
    seen.add(known);
    return valueProblems(headerValue, `${at}.headerValue`);
  });
}

function mirrorProblems(
  { name, match = [], percentage }: MirrorStep,
  path: string,
  routing: TrafficRouting | undefined,
): readonly Problem[] {
  const carried = carrierProblems(name, path, routing);
  if (carried.length > 0) return carried;
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    return [{ path: `${path}.percentage`, message: `must be from 0 to 100, got ${percentage}` }];
  }
  return match.flatMap(({ method, path: requested, headers = {} }, index) => {
    const at = `${path}.match[${index}]`;
    if (method === undefined && requested === undefined && Object.keys(headers).length === 0) {
      return [{ path: at, message: 'must have at least one of method, path and headers' }];
    }
    const byHeader = Object.entries(headers).flatMap(([header, value]) =>
      valueProblems(value, `${at}.headers[${JSON.stringify(header)}]`),
    );
    const byMethod = method === undefined ? [] : methodProblems(method, `${at}.method`);
    return [...byMethod, ...(requested === undefined ? [] : pathProblems(requested, `${at}.path`)), ...byHeader];
  });
}

function methodProblems(method: Match, path: string): readonly Problem[] {
  const problems = valueProblems(method, path);
  if (problems.length > 0 || (method.exact !== undefined && methods.includes(method.exact))) return problems;
  return [{ path, message: `must be exact, and one of ${methods.join(', ')}: routes of the Gateway API know no other` }];
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

function pathProblems(requested: Match, path: string): readonly Problem[] {
  const problems = valueProblems(requested, path);
  const whole = requested.exact ?? requested.prefix;
  if (problems.length > 0 || whole === undefined || whole.startsWith('/')) return problems;
  return [{ path, message: `must begin with /, got ${JSON.stringify(whole)}` }];
}

function valueProblems({ exact, prefix, regex }: Match, path: string): readonly Problem[] {
  const used = [exact, prefix, regex].filter((one) => one !== undefined && one !== '');
  return used.length === 1 ? [] : [{ path, message: 'must have exactly one of exact, prefix and regex' }];
}

function carrierProblems(name: string, path: string, routing: TrafficRouting | undefined): readonly Problem[] {
  if (routing === undefined) return [{ path, message: 'can only be used with trafficRouting: name a router, or take it out' }];
  if (!(routing.managedRoutes ?? []).some((route) => route.name === name)) {
    const message = `must be one of trafficRouting.managedRoutes, got ${JSON.stringify(name)}; add it there`;
    return [{ path: `${path}.name`, message }];
  }
  const gateway = decodeGatewayApiRouting(routing);
  if (gateway === undefined || gateway.problems.length > 0 || isCarried(gateway.routing)) return [];
  return [{ path, message: nobody }];
}

const nobody =
  'no route is named that can carry it: set httpRoute or grpcRoute, or useHeaderRoutes: true in httpRoutes or grpcRoutes ' +
  '(TCPRoutes and TLSRoutes have no headers, and selectors choose none)';

function isCarried({ httpRoute, grpcRoute, httpRoutes = [], grpcRoutes = [] }: GatewayApiRouting): boolean {
  return (
    [httpRoute, grpcRoute].some(Boolean) || [...httpRoutes, ...grpcRoutes].some(({ useHeaderRoutes }) => useHeaderRoutes === true)
  );
}
