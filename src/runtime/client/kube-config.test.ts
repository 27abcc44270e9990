import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKubeConfig } from './kube-config.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rampart-kube-config-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, prefix: string, current: string): string {
  const path = join(folder, name);
  const document = {
    'current-context': current,
    clusters: ['one', 'two'].map((id) => ({ name: id, cluster: { server: `https://${prefix}-${id}.example` } })),
    users: ['one', 'two'].map((id) => ({ name: id, user: { token: `${prefix}-${id}` } })),
    contexts: ['one', 'two'].map((id) => ({ name: id, context: { cluster: id, user: id, namespace: `${prefix}-ns` } })),
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

function summary(options: Parameters<typeof loadKubeConfig>[0]): (string | undefined)[] {
  const { config, namespace } = loadKubeConfig(options);
  return [config.getCurrentCluster()?.server, config.getCurrentUser()?.token, namespace];
}

test('the flag, then the variable, then the home directory', () => {
  const flag = file('flag', 'flag', 'one');
  const variable = file('variable', 'variable', 'two');
  mkdirSync(join(folder, '.kube'));
  file('.kube/config', 'home', 'one');
  const environment = { KUBECONFIG: variable, HOME: folder };
  expect(summary({ kubeconfig: flag, environment })).toEqual(['https://flag-one.example', 'flag-one', 'flag-ns']);
  expect(summary({ environment })).toEqual(['https://variable-two.example', 'variable-two', 'variable-ns']);
  expect(summary({ environment: { HOME: folder } })).toEqual(['https://home-one.example', 'home-one', 'home-ns']);
});

test('context, cluster and user are chosen by flags, each for itself', () => {
  const kubeconfig = file('choose', 'a', 'one');
  expect(summary({ kubeconfig, environment: {}, context: 'two' })).toEqual(['https://a-two.example', 'a-two', 'a-ns']);
  expect(summary({ kubeconfig, environment: {}, cluster: 'two' })).toEqual(['https://a-two.example', 'a-one', 'a-ns']);
  expect(summary({ kubeconfig, environment: {}, context: 'two', user: 'one' })).toEqual(['https://a-two.example', 'a-one', 'a-ns']);
  expect(() => summary({ kubeconfig, environment: {}, context: 'three' })).toThrow('has no context "three"; it has "one", "two"');
  expect(() => summary({ kubeconfig, environment: {}, user: 'three' })).toThrow('has no user "three"');
});

test('of several files the first that says something counts', () => {
  const first = join(folder, 'first');
  writeFileSync(first, JSON.stringify({ 'current-context': 'two', users: [{ name: 'one', user: { token: 'first-one' } }] }));
  const environment = { KUBECONFIG: [join(folder, 'not-there'), first, file('second', 'second', 'one')].join(delimiter) };
  expect(summary({ environment })).toEqual(['https://second-two.example', 'second-two', 'second-ns']);
  expect(summary({ environment, context: 'one' })).toEqual(['https://second-one.example', 'first-one', 'second-ns']);
});

test('in a cluster is who goes by the account of the pod, and nobody else', () => {
  const pod = join(folder, 'pod');
  mkdirSync(pod);
  writeFileSync(join(pod, 'token'), 'of-the-pod');
  const environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
  expect(loadKubeConfig({ environment, serviceAccountRoot: pod }).inCluster).toBe(true);
  const kubeconfig = file('elsewhere', 'a', 'one');
  expect(loadKubeConfig({ environment, serviceAccountRoot: pod, kubeconfig }).inCluster).toBe(false);
});

test('what cannot be used says why', () => {
  const broken = join(folder, 'broken');
  writeFileSync(broken, 'clusters: [');
  expect(() => loadKubeConfig({ kubeconfig: broken, environment: {} })).toThrow(`The kubeconfig ${broken} cannot be read`);
  expect(() => loadKubeConfig({ kubeconfig: file('none', 'a', ''), environment: {} })).toThrow(
    'no context is current. Choose one of "one", "two"',
  );
  expect(() => loadKubeConfig({ environment: {}, serviceAccountRoot: folder })).toThrow('Set --kubeconfig');
  expect(() => loadKubeConfig({ environment: { KUBECONFIG: join(folder, 'gone') } })).toThrow('names no file that exists');
});
