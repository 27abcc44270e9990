/** The Rollouts of the bench: the update that the budgets speak of, and one whose analysis can turn bad. */
import type { KubeObject } from '../src/api/kubernetes.ts';

const template = (name: string, image: string) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'main', image, resources: { requests: { cpu: '1m', memory: '1Mi' } } }] },
});

const rollout = (namespace: string, name: string, spec: object): KubeObject =>
  ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { namespace, name },
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name, 'shop:v1'), ...spec },
  }) as KubeObject;

/** 2 replicas, maxSurge 1, maxUnavailable 0, setWeight 50, pause (5 s, or until promoted). */
export function fleetRollout(namespace: string, name: string, pause: { readonly duration?: string }): KubeObject {
  return rollout(namespace, name, {
    strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps: [{ setWeight: 50 }, { pause }] } },
  });
}

/** Measures every second, in the background, from the first step on, by the template of its own name. */
export function analysedRollout(namespace: string, name: string): KubeObject {
  const analysis = { templates: [{ templateName: name }] };
  const steps = [{ setWeight: 50 }, { pause: {} }];
  return rollout(namespace, name, { strategy: { canary: { maxSurge: 1, maxUnavailable: 0, steps, analysis } } });
}

export function successRate(namespace: string, name: string, address: string): KubeObject {
  const metrics = [
    {
      name: 'success-rate',
      interval: '1s',
      successCondition: 'result[0] >= 0.99',
      provider: { prometheus: { address, query: 'success' } },
    },
  ];
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { namespace, name },
    spec: { metrics },
  } as KubeObject;
}
