import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AuditReader, eventWrites, writes } from './audit.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'audit-'));
  file = join(directory, 'audit.log');
});

afterEach(() => rm(directory, { recursive: true }));

function line(verb: string, resource: string, more: { user?: string; subresource?: string; note?: string } = {}): string {
  const { user = 'rampart-bench', subresource, note = '' } = more;
  return `${JSON.stringify({ verb, user: { username: user }, objectRef: { resource, subresource }, note })}\n`;
}

test('requests of one user are counted by verb and resource', async () => {
  const mine = [
    line('create', 'replicasets'),
    line('patch', 'rollouts', { subresource: 'status', note: 'µ' }),
    line('get', 'rollouts'),
  ];
  const others = [
    line('create', 'replicasets', { user: 'somebody', note: 'of rampart-bench' }),
    line('patch', 'pods', { user: 'kubelet' }),
  ];
  await writeFile(file, [...mine, ...others, line('create', 'replicasets')].join(''));
  const counted = await new AuditReader(file, 'rampart-bench').next();
  expect(Object.fromEntries(counted)).toEqual({ 'create replicasets': 2, 'patch rollouts/status': 1, 'get rollouts': 1 });
});

test('each request is counted once, also where its line was not complete when it was read first', async () => {
  const reader = new AuditReader(file, 'rampart-bench');
  const late = line('patch', 'replicasets', { note: 'µ' });
  await writeFile(file, line('create', 'replicasets') + late.slice(0, 20));
  expect(Object.fromEntries(await reader.next())).toEqual({ 'create replicasets': 1 });
  await appendFile(file, late.slice(20));
  expect(Object.fromEntries(await reader.next())).toEqual({ 'patch replicasets': 1 });
  expect((await reader.next()).size).toBe(0);
});

test('events, the lease and reads are no writes of the budget', () => {
  const requests = new Map([
    ['create replicasets', 1],
    ['patch rollouts/status', 6],
    ['delete analysisruns', 2],
    ['create events', 10],
    ['patch events', 3],
    ['update leases', 5],
    ['watch rollouts', 7],
    ['get secrets', 4],
  ]);
  expect([writes(requests), eventWrites(requests)]).toEqual([9, 13]);
});
