/** What is wrong with `trafficRouting.nginx` by itself: which Ingresses it names, and the annotations that it asks for. */
import { annotations } from '../names.ts';
import { prefixOf, weightAnnotations, wholeKey } from '../nginx-routing.ts';
import type { Problem } from '../problem.ts';
import type { CanaryStep, TrafficRouting } from '../rollout.ts';

type Nginx = NonNullable<TrafficRouting['nginx']>;

/** `path`: of the block. */
export function nginxProblems(nginx: Nginx, path: string): readonly Problem[] {
  return [...ingressProblems(nginx, path), ...prefixProblems(nginx, path), ...annotationProblems(nginx, path)];
}

function ingressProblems({ stableIngress = '', stableIngresses = [] }: Nginx, path: string): readonly Problem[] {
  if (stableIngress !== '' && stableIngresses.length > 0)
    return [{ path, message: 'must have only one of stableIngress and stableIngresses: take one of them out' }];
  if (stableIngress === '' && stableIngresses.length === 0)
    return [{ path, message: 'must have one of stableIngress and stableIngresses: name the Ingress that routes to stableService' }];
  return stableIngresses.flatMap((name, index): Problem[] => {
    const at = `${path}.stableIngresses[${index}]`;
    if (name === '') return [{ path: at, message: 'must not be empty: name an Ingress' }];
    return stableIngresses.indexOf(name) === index
      ? []
      : [{ path: at, message: `must be unique, got ${JSON.stringify(name)} twice` }];
  });
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const keyName = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

function prefixProblems({ annotationPrefix = '' }: Nginx, path: string): readonly Problem[] {
  if (annotationPrefix === '' || isPrefix(annotationPrefix)) return [];
  const message = `must be a DNS name without a / such as nginx.ingress.kubernetes.io, got ${JSON.stringify(annotationPrefix)}`;
  return [{ path: `${path}.annotationPrefix`, message }];
}

function annotationProblems(nginx: Nginx, path: string): readonly Problem[] {
  const prefix = prefixOf(nginx);
  const { additionalIngressAnnotations = {}, canaryIngressAnnotations = {} } = nginx;
  const problems = (map: Readonly<Record<string, string>>, field: string, whole: (key: string) => string): readonly Problem[] =>
    Object.entries(map).flatMap(([key, value]) => {
      const message = keyProblem(whole(key), value, prefix);
      return message === undefined ? [] : [{ path: `${path}.${field}[${JSON.stringify(key)}]`, message }];
    });
  return [
    ...problems(additionalIngressAnnotations, 'additionalIngressAnnotations', (key) => (key === '' ? '' : wholeKey(key, prefix))),
    ...problems(canaryIngressAnnotations, 'canaryIngressAnnotations', (key) => key),
  ];
}

function keyProblem(key: string, value: string, prefix: string): string | undefined {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  const isKey = parts.length <= 2 && keyName.test(name) && name.length <= 63 && (parts.length === 1 || isPrefix(parts[0] ?? ''));
  // A prefix that is none is told of where it stands.
  if (!isKey && (parts[0] !== prefix || isPrefix(prefix)))
    return 'is no key of an annotation: at most 63 letters, digits, -, _ and ., perhaps behind a DNS name and a /';
  if (key.startsWith('rampart.dev/') || key === annotations.lastApplied) return 'is not for users to set: take it out';
  const weight = weightAnnotations.find((own) => key === `${prefix}/${own}`);
  if (weight === undefined || (weight === 'canary' && value === 'true')) return undefined;
  return 'is what Rampart writes the weights into: take it out (the total is trafficRouting.maxTrafficWeight)';
}

function isPrefix(text: string): boolean {
  return text.length <= 253 && subdomain.test(text);
}

/** Header and mirror routes: the canary Ingress has one condition at most, and no place for a name. `path`: of the strategy. */
export function nginxStepProblems(steps: readonly CanaryStep[], path: string): readonly Problem[] {
  return steps.flatMap((step, index) =>
    (['setHeaderRoute', 'setMirrorRoute'] as const)
      .filter((kind) => step[kind] !== undefined)
      .map((kind) => ({ path: `${path}.steps[${index}].${kind}`, message: notCarried(kind) })),
  );
}

const notCarried = (kind: string): string =>
  `router nginx does not carry ${kind}: take the step out, or route by plugins["argoproj-labs/gatewayAPI"] alone`;
