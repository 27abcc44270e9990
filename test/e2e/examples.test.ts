/** Every manifest in examples/ as a user applies it: its pods come up, and its route is the way it was written. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/api/kubernetes.ts';
import { sharedGateway } from '../support/cluster.ts';
import { setStage } from '../support/rollout-stage.ts';

const folder = join(import.meta.dirname, '..', '..', 'examples');
const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: { readonly replicas?: number };
}

/** The Gateway that the example of a route says it needs. */
function gatewayWeb(): object {
  const { gatewayClass, ports } = sharedGateway();
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'web' },
    spec: { gatewayClassName: gatewayClass, listeners: [{ name: 'web', protocol: 'HTTP', port: ports.web }] },
  };
}

function isOfRollout({ metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ kind }) => kind === 'Rollout') === true;
}

test.each(files)('%s is applied and gets Healthy', async (file) => {
  const { kubectl, record, controller } = await setStage({ args: ['--prometheus-address=http://prometheus.invalid:9090'] });
  const yaml = await readFile(join(folder, file), 'utf8');
  const rollouts = parseAllDocuments(yaml)
    .map((document) => document.toJS() as Written)
    .filter(({ kind }) => kind === 'Rollout');
  expect(rollouts).toHaveLength(1);
  if (yaml.includes('HTTPRoute')) await kubectl.apply(gatewayWeb());
  await kubectl.apply(yaml);
  for (const { metadata, spec } of rollouts) {
    await kubectl.run(['wait', `rollout/${metadata.name}`, '--for=condition=Healthy', '--timeout=30s']);
    expect(record.rollout(metadata.name)?.status).toMatchObject({ phase: 'Healthy', availableReplicas: spec?.replicas });
    await record.untilTold(metadata.name, 'Initial deploy');
    expect(record.events(metadata.name).filter((event) => event.startsWith('Warning'))).toEqual([]);
  }
  // Applied again, it changes nothing. A Deployment that gives its place away may still be sending its pods home.
  const mark = record.mark();
  await kubectl.apply(yaml);
  const changed = record.versions('replicasets', mark).filter(({ object }) => isOfRollout(object));
  expect(changed).toEqual([]);
  expect((await controller.log()).split('\n').filter((line) => / ERROR /.test(line))).toEqual([]);
});

test('the rolling update is updated and taken back', async () => {
  const { kubectl, record } = await setStage();
  await kubectl.apply(await readFile(join(folder, 'rolling-update.yaml'), 'utf8'));
  await record.untilPhase('worker', 'Healthy');
  await kubectl.setImage('worker', 'ghcr.io/stefanprodan/podinfo:6.8.0');
  await record.untilPhase('worker', 'Healthy');
  // No node is like that, so its pods never start.
  await kubectl.mergePatch('rollout/worker', { spec: { template: { spec: { nodeSelector: { zone: 'none' } } } } });
  await record.untilStatus('worker', 'the new version', ({ updatedReplicas }) => updatedReplicas === 1);
  await kubectl.command('abort', 'worker');
  const back = await record.untilPhase('worker', 'Degraded');
  expect(back.status?.message).toMatch(/^RolloutAborted: Rollout aborted update to revision 3/);
  await record.until(
    'stable is whole',
    () =>
      record
        .replicaSets('worker')
        .map(({ spec }) => spec.replicas)
        .join() === '0,4,0',
  );
});
