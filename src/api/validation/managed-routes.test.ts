import { describe, expect, it } from 'vitest';
import { problemText } from './invalid-spec.ts';
import { managedRouteStepProblems } from './managed-routes.ts';

const plugin = (routing: object) => ({ plugins: { 'argoproj-labs/gatewayAPI': routing } });
const routed = { ...plugin({ httpRoute: 'shop' }), managedRoutes: [{ name: 'beta' }] };
const match = [{ headerName: 'x', headerValue: { exact: 'y' } }];
const at = 'canary.steps[0]';

function problems(step: object, trafficRouting: object | undefined = routed): readonly string[] {
  const canary = { steps: [step], ...(trafficRouting && { trafficRouting }) };
  return managedRouteStepProblems(canary, 'canary').map(problemText);
}

describe('header and mirror steps', () => {
  it.each([
    { setHeaderRoute: { name: 'beta', match } },
    { setHeaderRoute: { name: 'beta' } },
    {
      setMirrorRoute: {
        name: 'beta',
        match: [{ method: { exact: 'GET' }, path: { prefix: '/' }, headers: { a: { regex: 'b' } } }],
      },
    },
    { setMirrorRoute: { name: 'beta', percentage: 0 } },
    { setWeight: 5 },
  ])('%j is fine', (step) => {
    expect(problems(step)).toEqual([]);
  });

  it.each<[object, string]>([
    [
      { setHeaderRoute: { name: 'gamma', match } },
      '.setHeaderRoute.name: must be one of trafficRouting.managedRoutes, got "gamma"; add it there',
    ],
    [{ setHeaderRoute: { match } }, '.setHeaderRoute.name: must be one of trafficRouting.managedRoutes, got ""; add it there'],
    [
      { setMirrorRoute: { name: 'gamma' } },
      '.setMirrorRoute.name: must be one of trafficRouting.managedRoutes, got "gamma"; add it there',
    ],
    [
      { setHeaderRoute: { name: 'beta', match: [{ headerName: 'x', headerValue: {} }] } },
      '.setHeaderRoute.match[0].headerValue: must have exactly one of exact, prefix and regex',
    ],
    [
      { setHeaderRoute: { name: 'beta', match: [...match, { headerName: 'X', headerValue: { exact: 'z' } }] } },
      '.setHeaderRoute.match[1].headerName: must be unique, got "X" twice',
    ],
    [{ setMirrorRoute: { name: 'beta', percentage: 101 } }, '.setMirrorRoute.percentage: must be from 0 to 100, got 101'],
    [
      { setMirrorRoute: { name: 'beta', match: [{}] } },
      '.setMirrorRoute.match[0]: must have at least one of method, path and headers',
    ],
    [
      { setMirrorRoute: { name: 'beta', match: [{ method: { prefix: 'P' } }] } },
      '.setMirrorRoute.match[0].method: must be exact, and one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH: routes of the Gateway API know no other',
    ],
    [
      { setMirrorRoute: { name: 'beta', match: [{ path: { exact: 'buy' } }] } },
      '.setMirrorRoute.match[0].path: must begin with /, got "buy"',
    ],
    [
      { setMirrorRoute: { name: 'beta', match: [{ headers: { a: { exact: 'b', regex: 'c' } } }] } },
      '.setMirrorRoute.match[0].headers["a"]: must have exactly one of exact, prefix and regex',
    ],
  ])('%j', (step, problem) => {
    expect(problems(step)).toEqual([at + problem]);
  });

  it('is nothing without a router', () => {
    const canary = { steps: [{ setHeaderRoute: { name: 'beta', match } }] };
    expect(managedRouteStepProblems(canary, 'canary').map(problemText)).toEqual([
      `${at}.setHeaderRoute: can only be used with trafficRouting: name a router, or take it out`,
    ]);
  });
});

describe('who carries them', () => {
  it.each<[object, boolean]>([
    [{ httpRoute: 'a' }, true],
    [{ grpcRoute: 'a', tcpRoute: 'b' }, true],
    [{ httpRoutes: [{ name: 'a' }, { name: 'b', useHeaderRoutes: true }] }, true],
    [{ httpRoutes: [{ name: 'a' }] }, false],
    [{ tcpRoute: 'a' }, false],
    [{ tcpRoutes: [{ name: 'a', useHeaderRoutes: true }] }, false],
    [{ tlsRoute: 'a', httpRouteSelector: {} }, false],
  ])('%j: %s', (routing, isCarried) => {
    const found = problems({ setHeaderRoute: { name: 'beta', match } }, { ...routed, ...plugin(routing) });
    expect(found).toEqual(isCarried ? [] : [expect.stringContaining('no route is named that can carry it')]);
  });
});
