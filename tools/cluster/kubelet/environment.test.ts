import { describe, expect, it } from 'vitest';
import { configReferences, containerEnvironment, expand, type Surroundings } from './environment.ts';
import type { Container, EnvVar } from './pod-types.ts';
import { inUnitsOf, parseQuantity } from './quantity.ts';

const container = (env: readonly EnvVar[]): Container => ({
  name: 'main',
  image: 'x',
  env,
  resources: { requests: { cpu: '250m' }, limits: { memory: '64Mi' } },
});

const around = (own: Container, config: Surroundings['config'] = new Map()): Surroundings => ({
  pod: {
    metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { app: 'shop', b: '2' }, annotations: { 'a.b/c': 'x' } },
    spec: { nodeName: 'node', serviceAccountName: 'sa', containers: [own] },
  },
  podIp: '10.244.1.1',
  hostIp: '10.244.0.1',
  config,
  allocatable: { cpu: '4', memory: '8Gi' },
});

const environment = (env: readonly EnvVar[], config?: Surroundings['config']) => {
  const own = container(env);
  return containerEnvironment(own, around(own, config));
};

describe('expand', () => {
  it.each([
    ['$(A)/b', '1/b'],
    ['$$(A)', '$(A)'],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$(toString)', '$(toString)'],
    ['a $ b $(', 'a $ b $('],
    ['$(A)$(B)', '12'],
  ])('%s', (text, expected) => {
    expect(expand(text, { A: '1', B: '2' })).toBe(expected);
  });
});

describe('containerEnvironment', () => {
  it('expands from what came before, not after', () => {
    const env = [
      { name: 'A', value: '$(B)' },
      { name: 'B', value: 'b' },
      { name: 'C', value: '$(A)-$(B)' },
    ];
    expect(environment(env)).toEqual({ A: '$(B)', B: 'b', C: '$(B)-b' });
  });

  it.each([
    ['metadata.name', 'p'],
    ["metadata.labels['app']", 'shop'],
    ["metadata.annotations['a.b/c']", 'x'],
    ["metadata.labels['none']", ''],
    ['metadata.labels', 'app="shop"\nb="2"'],
    ['spec.serviceAccountName', 'sa'],
    ['status.podIP', '10.244.1.1'],
    ['status.hostIP', '10.244.0.1'],
  ])('field %s', (fieldPath, expected) => {
    expect(environment([{ name: 'V', valueFrom: { fieldRef: { fieldPath } } }]).V).toBe(expected);
  });

  it.each([
    ['requests.cpu', undefined, '1'],
    ['requests.cpu', '1m', '250'],
    ['limits.memory', '1Mi', '64'],
    ['limits.cpu', undefined, '4'],
    ['requests.memory', undefined, '67108864'],
  ])('resource %s in %s', (resource, divisor, expected) => {
    const valueFrom = { resourceFieldRef: { resource, ...(divisor === undefined ? {} : { divisor }) } };
    expect(environment([{ name: 'V', valueFrom }]).V).toBe(expected);
  });

  it('takes keys of ConfigMaps and Secrets, leaves optional ones out and refuses others that are missing', () => {
    const config = new Map([['configmap/c', { k: 'v' }]]);
    const ref = (name: string, key: string, optional: boolean): EnvVar => ({
      name: 'V',
      valueFrom: { configMapKeyRef: { name, key, optional } },
    });
    expect(environment([ref('c', 'k', false)], config)).toEqual({ V: 'v' });
    expect(environment([ref('c', 'none', true)], config)).toEqual({});
    expect(() => environment([ref('c', 'none', false)], config)).toThrow(`couldn't find key none in configmap "c"`);
    expect(() => environment([ref('d', 'k', false)], config)).toThrow('configmap "d" not found');
  });

  it('lets env win over envFrom, which may have a prefix', () => {
    const own: Container = {
      ...container([{ name: 'P_a', value: 'mine' }]),
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }, { secretRef: { name: 's', optional: true } }],
    };
    const config = new Map([['configmap/c', { a: '1', b: '2' }]]);
    expect(containerEnvironment(own, around(own, config))).toEqual({ P_a: 'mine', P_b: '2' });
    expect([...configReferences([own])]).toEqual(['configmap/c', 'secret/s']);
  });
});

describe('quantities', () => {
  it.each([
    ['250m', 0.25],
    ['1', 1],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['2e3', 2000],
    ['5k', 5000],
  ])('%s', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it('rounds up and refuses what is none', () => {
    expect(inUnitsOf('1100m', '1')).toBe('2');
    expect(inUnitsOf('300m', '1m')).toBe('300');
    expect(() => parseQuantity('much')).toThrow('not a quantity');
  });
});
