import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PodTemplate } from '../../../api/kubernetes.ts';
import { templatesEqual } from './template-equality.ts';

function fixture(name: string) {
  return JSON.parse(readFileSync(new URL(`../../../../test/fixtures/identity/${name}.json`, import.meta.url), 'utf8'));
}

const written: PodTemplate = {
  metadata: { labels: { app: 'shop' }, annotations: { 'example.com/note': 'a' } },
  spec: {
    serviceAccountName: 'web',
    containers: [
      {
        name: 'web',
        image: 'registry:5000/shop',
        ports: [{ containerPort: 80 }],
        env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
        resources: { limits: { cpu: '0.5', memory: '1024Mi' } },
        readinessProbe: { httpGet: { port: 80 } },
        livenessProbe: { grpc: { port: 81 } },
      },
      { name: 'log', image: 'log:1' },
    ],
    volumes: [{ name: 'tmp' }, { name: 'c', configMap: { name: 'c' } }, { name: 'h', hostPath: { path: '/h' } }],
  },
};

/** The same as the API server gives it back in a ReplicaSet of the incumbent. */
const stored: PodTemplate = {
  metadata: { labels: { app: 'shop', 'rollouts-pod-template-hash': 'abc' }, annotations: { 'example.com/note': 'a' } },
  spec: {
    containers: [
      {
        env: [{ name: 'IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } }],
        image: 'registry:5000/shop',
        imagePullPolicy: 'Always',
        livenessProbe: {
          failureThreshold: 3,
          grpc: { port: 81, service: '' },
          periodSeconds: 10,
          successThreshold: 1,
          timeoutSeconds: 1,
        },
        name: 'web',
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        readinessProbe: {
          failureThreshold: 3,
          httpGet: { path: '/', port: 80, scheme: 'HTTP' },
          periodSeconds: 10,
          successThreshold: 1,
          timeoutSeconds: 1,
        },
        resources: { limits: { cpu: '500m', memory: '1Gi' } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
      {
        image: 'log:1',
        imagePullPolicy: 'IfNotPresent',
        name: 'log',
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    securityContext: {},
    serviceAccount: 'web',
    serviceAccountName: 'web',
    terminationGracePeriodSeconds: 30,
    volumes: [
      { emptyDir: {}, name: 'tmp' },
      { configMap: { defaultMode: 420, name: 'c' }, name: 'c' },
      { hostPath: { path: '/h', type: '' }, name: 'h' },
    ],
  },
};

/** All paths to scalars of a JSON value. */
function scalarPaths(value: unknown, path: readonly (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const entries: [string | number, unknown][] = Array.isArray(value) ? value.map((item, i) => [i, item]) : Object.entries(value);
  return entries.flatMap(([key, item]) => scalarPaths(item, [...path, key]));
}

/** A copy with the scalar at `path` changed to another of its type. */
function changed(template: PodTemplate, path: readonly (string | number)[]): PodTemplate {
  const copy = structuredClone(template);
  let holder = copy as unknown as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  const old = holder[last];
  holder[last] = typeof old === 'number' ? old + 1 : typeof old === 'boolean' ? !old : path.includes('limits') ? '7' : `${old}x`;
  return copy;
}

test('a template equals what the API server stored of it', () => {
  expect(templatesEqual(written, stored)).toBe(true);
  expect(templatesEqual(stored, written)).toBe(true);
});

test('any scalar that a user changes makes it differ', () => {
  for (const template of [written, stored]) {
    for (const path of scalarPaths(template)) {
      if (path.includes('rollouts-pod-template-hash') || path.at(-1) === 'serviceAccount') continue;
      expect({ path, equal: templatesEqual(template, changed(template, path)) }).toEqual({ path, equal: false });
    }
  }
});

test('random templates of every field: equal to themselves in any order of keys, different from each other', () => {
  const templates: readonly PodTemplate[] = fixture('random-templates').map((text: string) => JSON.parse(text));
  const reversed = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(reversed)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, item]) => [key, reversed(item)]),
          )
        : value;
  fc.assert(
    fc.property(fc.nat(templates.length - 1), fc.nat(templates.length - 1), (i, j) => {
      const [a, b] = [templates[i] ?? {}, templates[j] ?? {}];
      expect(templatesEqual(a, reversed(b) as PodTemplate)).toBe(i === j);
    }),
  );
});

describe('what a controller adds by itself does not count', () => {
  const antiAffinity = (hash: string) => ({
    labelSelector: { matchExpressions: [{ key: 'rollouts-pod-template-hash', operator: 'In', values: [hash] }] },
    topologyKey: 'kubernetes.io/hostname',
  });
  const withAffinity = (affinity: unknown): PodTemplate => ({ ...written, spec: { ...written.spec, affinity } });

  test('injected anti-affinity', () => {
    const required = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [antiAffinity('x')] } };
    const preferred = {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: antiAffinity('y') }],
      },
    };
    expect(templatesEqual(written, withAffinity(required))).toBe(true);
    expect(templatesEqual(written, withAffinity(preferred))).toBe(true);
  });

  test('but a user’s own terms do', () => {
    const own = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'shop' } } };
    const terms = (...list: unknown[]) =>
      withAffinity({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: list } });
    expect(templatesEqual(written, terms(own))).toBe(false);
    expect(templatesEqual(terms(own), terms(own, antiAffinity('x')))).toBe(true);
  });

  test('ephemeral metadata', () => {
    const canary = { ...written, metadata: { ...written.metadata, labels: { app: 'shop', role: 'canary' } } };
    expect(templatesEqual(written, canary)).toBe(false);
    expect(templatesEqual(written, canary, { labels: { role: 'canary' } })).toBe(true);
  });
});

test('the deprecated name of the service account is the other name', () => {
  const old = { ...written, spec: { ...written.spec, serviceAccount: 'web', serviceAccountName: undefined } };
  expect(templatesEqual(written, old)).toBe(true);
});

test('malformed templates are compared without throwing', () => {
  const odd: fc.Arbitrary<unknown> = fc.jsonValue();
  fc.assert(
    fc.property(odd, odd, (a, b) => {
      const template = {
        metadata: a,
        spec: { containers: a, volumes: b, affinity: b, securityContext: a },
      } as unknown as PodTemplate;
      expect(templatesEqual(template, structuredClone(template))).toBe(true);
    }),
  );
});
