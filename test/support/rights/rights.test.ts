/** The comparison itself: what it calls a problem, and what it lets pass. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lentOnPurpose, refusedOnPurpose, unusedOnPurpose } from './exceptions.ts';
import { grantedRights, grantedRoles } from './granted.ts';
import { type UsedRights, usedRights } from './used.ts';
import { rightsProblems } from './verdict.ts';

const account = 'system:serviceaccount:shop:rampart';
const reason = (role: string) => `RBAC: allowed by RoleBinding "${role}/shop" of Role "${role}" to ServiceAccount "rampart/shop"`;
const entry = (verb: string, resource: string, more: object = {}) => ({
  verb,
  stageTimestamp: '2026-01-01T00:00:00Z',
  user: { username: account },
  objectRef: { resource, namespace: 'shop', name: 'a' },
  annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': reason('rampart-chart') },
  ...more,
});
const forbidden = { annotations: { 'authorization.k8s.io/decision': 'forbid', 'authorization.k8s.io/reason': '' } };

async function readLog(...entries: readonly object[]): Promise<UsedRights> {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-rights-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const file = join(folder, 'audit.log');
  await writeFile(file, entries.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return await usedRights(file);
}

test('roles become rights, those for a purpose of their own with it', () => {
  const roles = grantedRoles(`
kind: Role
metadata: { name: rampart-chart, namespace: shop }
rules:
- { apiGroups: [argoproj.io], resources: [rollouts, rollouts/status], verbs: [get, patch] }
---
kind: RoleBinding
metadata: { name: rampart-chart, namespace: shop }
---
kind: Role
metadata: { name: rampart-chart-lease, namespace: shop }
rules:
- { apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [lock], verbs: [update] }
`);
  expect([...grantedRights(roles)]).toEqual([
    'get rollouts.argoproj.io',
    'patch rollouts.argoproj.io',
    'get rollouts/status.argoproj.io',
    'patch rollouts/status.argoproj.io',
    'lease: update leases.coordination.k8s.io',
  ]);
});

test('the log says who allowed what, and what nobody did', async () => {
  const used = await readLog(
    entry('create', 'pods', { objectRef: { resource: 'pods', subresource: 'eviction', namespace: 'shop' } }),
    entry('update', 'leases', {
      objectRef: { resource: 'leases', apiGroup: 'coordination.k8s.io', namespace: 'shop', name: 'lock' },
      annotations: { 'authorization.k8s.io/reason': reason('rampart-chart-lease') },
    }),
    entry('get', 'secrets', { annotations: { 'authorization.k8s.io/reason': reason('rampart-read-login') } }),
    entry('list', 'secrets', forbidden),
    entry('get', 'nodes', { user: { username: 'admin' } }),
    entry('get', 'nodes', { user: { username: 'system:serviceaccount:shop:other' }, ...forbidden }),
  );
  expect(used).toEqual({
    allowed: { 'create pods/eviction': 1, 'lease: update leases.coordination.k8s.io': 1 },
    lent: { 'get secrets': 'rampart-read-login' },
    refused: { 'list secrets': expect.stringContaining('shop/a') },
  });
});

test('what is refused in a namespace that ends was granted until then', async () => {
  const end = entry('delete', 'namespaces', { user: { username: 'admin' }, objectRef: { resource: 'namespaces', name: 'shop' } });
  expect((await readLog(end, entry('list', 'pods', forbidden))).refused).toEqual({});
});

/** Everything that the exceptions speak of, as a whole run has it. */
const usual = {
  granted: [...Object.keys(unusedOnPurpose), 'get pods'],
  used: {
    allowed: { 'get pods': 1 },
    lent: Object.fromEntries(Object.keys(lentOnPurpose).map((right) => [right, 'theirs'])),
    refused: Object.fromEntries(Object.keys(refusedOnPurpose).map((right) => [right, 'shop/a'])),
  },
};

test('nothing is wrong where rights and uses are the same, exceptions aside', () => {
  expect(rightsProblems(usual, true)).toEqual([]);
});

test.each([
  [
    'a right that is missing',
    { used: { ...usual.used, refused: { ...usual.used.refused, 'patch pods': 'shop/a' } } },
    'used, not granted: patch pods',
  ],
  [
    'a right of others',
    { used: { ...usual.used, lent: { ...usual.used.lent, 'patch pods': 'admin' } } },
    'granted by the role admin',
  ],
  [
    'a list of Secrets',
    { used: { ...usual.used, allowed: { 'get pods': 1, 'list secrets': 1 } } },
    'Secrets are read by name alone',
  ],
])('%s is told of any run', (_, run, words) => {
  expect(rightsProblems({ ...usual, ...run }, false)).toEqual([expect.stringContaining(words)]);
});

test('what nobody uses is told of a whole run, and so are exceptions that nobody needs', () => {
  const idle = { granted: ['get pods'], used: { allowed: {}, lent: {}, refused: {} } };
  expect(rightsProblems(idle, false)).toEqual([]);
  const told = rightsProblems(idle, true);
  expect(told).toContain('granted, never used: get pods');
  expect(told).toHaveLength(1 + [unusedOnPurpose, refusedOnPurpose].flatMap((rows) => Object.keys(rows)).length);
});
