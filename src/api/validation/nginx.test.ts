import { describe, expect, it } from 'vitest';
import { templateOf } from '../../../test/support/shop-template.ts';
import { canaryIngressName, nginxRouting } from '../nginx-routing.ts';
import type { CanaryStep, Rollout, TrafficRouting } from '../rollout.ts';
import { problemText } from './invalid-spec.ts';
import { validateRollout } from './rollout.ts';

type Nginx = NonNullable<TrafficRouting['nginx']>;

const canary = 'spec.strategy.canary';
const at = `${canary}.trafficRouting.nginx`;

function problems(nginx: Nginx, others: Omit<TrafficRouting, 'nginx'> = {}, steps: readonly CanaryStep[] = []): readonly string[] {
  const rollout: Rollout = {
    metadata: { name: 'shop' },
    spec: {
      selector: { matchLabels: { app: 'shop' } },
      template: templateOf('v1'),
      strategy: { canary: { canaryService: 'canary', stableService: 'stable', trafficRouting: { nginx, ...others }, steps } },
    },
  };
  return validateRollout(rollout).map(problemText);
}

const notKey = 'is no key of an annotation: at most 63 letters, digits, -, _ and ., perhaps behind a DNS name and a /';
const ours = 'is what Rampart writes the weights into: take it out (the total is trafficRouting.maxTrafficWeight)';

describe('trafficRouting.nginx', () => {
  it.each<[Nginx, string]>([
    [{}, `${at}: must have one of stableIngress and stableIngresses: name the Ingress that routes to stableService`],
    [
      { stableIngress: '', stableIngresses: [] },
      `${at}: must have one of stableIngress and stableIngresses: name the Ingress that routes to stableService`,
    ],
    [
      { stableIngress: 'a', stableIngresses: ['b'] },
      `${at}: must have only one of stableIngress and stableIngresses: take one of them out`,
    ],
    [{ stableIngresses: ['a', 'a'] }, `${at}.stableIngresses[1]: must be unique, got "a" twice`],
    [{ stableIngresses: ['a', ''] }, `${at}.stableIngresses[1]: must not be empty: name an Ingress`],
    [
      { stableIngress: 'a', annotationPrefix: 'a/b' },
      `${at}.annotationPrefix: must be a DNS name without a / such as nginx.ingress.kubernetes.io, got "a/b"`,
    ],
    [{ stableIngress: 'a', additionalIngressAnnotations: { 'a b': '' } }, `${at}.additionalIngressAnnotations["a b"]: ${notKey}`],
    [{ stableIngress: 'a', additionalIngressAnnotations: { '': '' } }, `${at}.additionalIngressAnnotations[""]: ${notKey}`],
    [{ stableIngress: 'a', canaryIngressAnnotations: { 'a/b/c': '' } }, `${at}.canaryIngressAnnotations["a/b/c"]: ${notKey}`],
    [{ stableIngress: 'a', canaryIngressAnnotations: { 'A.b/c': '' } }, `${at}.canaryIngressAnnotations["A.b/c"]: ${notKey}`],
    [
      { stableIngress: 'a', additionalIngressAnnotations: { 'canary-weight': '50' } },
      `${at}.additionalIngressAnnotations["canary-weight"]: ${ours}`,
    ],
    [
      { stableIngress: 'a', annotationPrefix: 'x.io', canaryIngressAnnotations: { 'x.io/canary-weight-total': '50' } },
      `${at}.canaryIngressAnnotations["x.io/canary-weight-total"]: ${ours}`,
    ],
    [
      { stableIngress: 'a', canaryIngressAnnotations: { 'rampart.dev/weights-of': '{}' } },
      `${at}.canaryIngressAnnotations["rampart.dev/weights-of"]: is not for users to set: take it out`,
    ],
    [
      { stableIngress: 'a', additionalIngressAnnotations: { canary: 'false' } },
      `${at}.additionalIngressAnnotations["canary"]: ${ours}`,
    ],
  ])('%j is refused', (nginx, problem) => {
    expect(problems(nginx)).toEqual([problem]);
  });

  it.each<Nginx>([
    { stableIngress: 'a' },
    { stableIngresses: ['a', 'b'], annotationPrefix: 'custom.nginx.org' },
    { stableIngress: 'a', stableIngresses: [], additionalIngressAnnotations: { canary: 'true', 'canary-by-header': 'x' } },
    { stableIngress: 'a', canaryIngressAnnotations: { plain: '1', 'nginx.ingress.kubernetes.io/canary-by-cookie': 'c' } },
  ])('%j is accepted, with and beside Gateway API', (nginx) => {
    expect(problems(nginx)).toEqual([]);
    expect(problems(nginx, { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } }, maxTrafficWeight: 500 })).toEqual([]);
  });

  it('carries no header and mirror routes, and says which router it is that does not', () => {
    const steps = [{ setHeaderRoute: { name: 'beta', match: [] } }, { setWeight: 5 }, { setMirrorRoute: { name: 'beta' } }];
    for (const others of [{}, { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop' } } }]) {
      expect(problems({ stableIngress: 'a' }, { managedRoutes: [{ name: 'beta' }], ...others }, steps)).toEqual([
        `${canary}.steps[0].setHeaderRoute: router nginx does not carry setHeaderRoute: take the step out, or route by plugins["argoproj-labs/gatewayAPI"] alone`,
        `${canary}.steps[2].setMirrorRoute: router nginx does not carry setMirrorRoute: take the step out, or route by plugins["argoproj-labs/gatewayAPI"] alone`,
      ]);
    }
  });

  it('gives keys without a prefix the one of ingress-nginx, and takes others as they are', () => {
    const nginx = {
      stableIngresses: ['a', 'b', 'a'],
      additionalIngressAnnotations: { 'canary-by-header': 'x', 'other.io/key': '1', both: 'additional' },
      canaryIngressAnnotations: { plain: 'p', 'nginx.ingress.kubernetes.io/both': 'canary' },
    };
    expect(nginxRouting({ nginx })).toEqual({
      prefix: 'nginx.ingress.kubernetes.io',
      ingresses: [
        { name: 'a', path: `${at}.stableIngresses[0]` },
        { name: 'b', path: `${at}.stableIngresses[1]` },
      ],
      annotations: {
        'nginx.ingress.kubernetes.io/canary-by-header': 'x',
        'other.io/key': '1',
        'nginx.ingress.kubernetes.io/both': 'canary',
        plain: 'p',
      },
    });
  });
});

describe('the name of a canary Ingress', () => {
  it('says whose it is and beside which it stands', () => {
    expect(canaryIngressName('shop', 'web')).toBe('shop-web-canary');
  });

  it('is cut to a name that the API server takes', () => {
    const name = canaryIngressName('shop', `${'a'.repeat(240)}.${'b'.repeat(10)}`);
    expect(name).toBe(`shop-${'a'.repeat(240)}-canary`);
    expect(canaryIngressName('r'.repeat(200), 'i'.repeat(200))).toHaveLength(253);
  });
});
