/** Controllers side by side: each serves the objects of its instance and of its namespace, whatever the others do, and they can be handed on. */
import { expect, onTestFinished, test } from 'vitest';
import { createNamespace, deleteNamespace } from '../support/cluster.ts';
import { startController } from '../support/controller.ts';
import { Kubectl } from '../support/kubectl.ts';
import { type QueryAnswer, startPrometheusEndpoint } from '../support/prometheus-endpoint.ts';
import { setStage, shop } from '../support/rollout-stage.ts';
import { template } from '../support/shop.ts';

const label = 'argo-rollouts.argoproj.io/controller-instance-id';
const steps = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'good' }] } }];
const canary = { maxSurge: 1, maxUnavailable: 0, steps };

function of(instance: string, name: string): object {
  const made = shop({ name, canary }) as { readonly metadata: object };
  return { ...made, metadata: { ...made.metadata, labels: { [label]: instance } } };
}

test('two instances and one without share a namespace, and a Rollout moves from one to the other', {
  timeout: 150_000,
}, async () => {
  const stage = await setStage();
  const { kubectl, record, namespace } = stage;
  let answer: QueryAnswer = [1];
  const prometheus = await startPrometheusEndpoint(() => answer);
  const blue = await startController({ namespace, args: ['--instance-id=blue'] });
  await kubectl.apply(template('good', prometheus.address), shop({ name: 'plain', canary }), of('blue', 'blue'), of('red', 'red'));
  for (const name of ['plain', 'blue']) {
    await record.untilPhase(name, 'Healthy');
    await kubectl.setImage(name, 'shop:2.0.0');
    await record.untilTold(name, 'Completed all 2 canary steps');
    await record.untilPhase(name, 'Healthy');
  }
  const worn = record
    .versions('analysisruns')
    .map(({ object }) => [object.metadata.name.split('-')[0], object.metadata.labels?.[label]]);
  expect(new Set(worn.map((pair) => pair.join()))).toEqual(new Set(['plain,', 'blue,blue']));
  expect(record.rollout('red')?.status).toBeUndefined();
  expect(record.replicaSets('red')).toEqual([]);
  const leases = await kubectl.run(['get', 'leases', '-o', 'name']);
  expect(leases.split('\n')).toEqual(
    expect.arrayContaining([
      'lease.coordination.k8s.io/argo-rollouts-controller-lock',
      'lease.coordination.k8s.io/argo-rollouts-controller-lock-blue',
    ]),
  );

  // In the middle of an analysis: the run goes over too.
  answer = { status: 503 };
  await kubectl.setImage('plain', 'shop:3.0.0');
  const begun = await record.until('it is measured', () =>
    record.present('analysisruns').find(({ metadata }) => metadata.name.startsWith('plain-') && metadata.name.endsWith('-3-1')),
  );
  await kubectl.run(['label', 'rollout/plain', `${label}=blue`]);
  expect(await stage.controller.stop()).toBe(0);
  await record.until('the run serves the other', () =>
    record
      .present('analysisruns')
      .some(({ metadata }) => metadata.name === begun.metadata.name && metadata.labels?.[label] === 'blue'),
  );
  answer = [1];
  await record.untilStatus(
    'plain',
    'Healthy with the third version',
    ({ phase, stableRS }) => phase === 'Healthy' && begun.metadata.labels?.['rollouts-pod-template-hash'] === stableRS,
    45_000,
  );

  const mark = record.mark();
  await kubectl.setImage('plain', 'shop:1.0.0');
  await record.untilTold('plain', 'Completed all 2 canary steps', mark);
  await record.untilPhase('plain', 'Healthy');
  expect(record.versions('rollouts', mark).some(({ object }) => object.metadata.name === 'red')).toBe(false);
  expect(blue.process.running).toBe(true);
  const kept = record.versions('replicasets', mark).filter(({ type }) => type !== 'MODIFIED');
  expect(kept).toEqual([]);
});

test('a controller of one namespace leaves every other alone', async () => {
  const { kubectl, record } = await setStage();
  const elsewhere = await createNamespace();
  onTestFinished(async () => await deleteNamespace(elsewhere));
  const other = await Kubectl.open(elsewhere);
  await other.apply(shop());
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  const found = JSON.parse(await other.run(['get', 'rollout/shop', '-o', 'json'])) as { readonly status?: object };
  expect(found.status).toBeUndefined();
  expect((await other.run(['get', 'replicasets', '-o', 'name'])).trim()).toBe('');
});
