/** On CRDs that are not Rampart's own: the incumbent's, which know fewer fields, and one that checks nothing at all. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { setStage, shop } from '../support/rollout-stage.ts';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; items?: Schema };
interface Crd {
  readonly spec: { readonly versions: readonly { readonly schema: { openAPIV3Schema: Schema } }[] };
}

const folder = join(import.meta.dirname, '..', '..', 'crds');
let cluster: EmbeddedCluster;

beforeAll(async () => {
  cluster = await startCluster({ name: 'other-crds', kubelet: 'kwok' });
  for (const file of await readdir(folder)) await cluster.applyManifests(await readFile(join(folder, file), 'utf8'));
});

afterAll(async () => {
  await cluster?.stop();
});

async function changeRolloutCrd(change: (schema: Schema) => Schema): Promise<void> {
  const crd = parse(await readFile(join(folder, 'argoproj.io_rollouts.yaml'), 'utf8')) as Crd;
  for (const { schema } of crd.spec.versions) schema.openAPIV3Schema = change(schema.openAPIV3Schema);
  await cluster.applyManifests(stringify(crd));
}

async function reconciles(metricsUrl: string): Promise<number> {
  const text = await (await fetch(`${metricsUrl}/metrics`)).text();
  return Number(/^rollout_reconcile_count(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0);
}

test('what a CRD drops of the status is not written again and again', async () => {
  await changeRolloutCrd((schema) => {
    const status = schema.properties?.status?.properties;
    delete status?.conditions?.items?.properties?.observedGeneration;
    delete status?.duration;
    return schema;
  });
  const { kubectl, record, controller } = await setStage({ cluster });
  await kubectl.apply(shop());
  const created = await record.untilPhase('shop', 'Healthy');
  expect(created.status?.conditions?.[0]).not.toHaveProperty('observedGeneration');
  expect(created.status).not.toHaveProperty('duration');
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  await kubectl.command('promote', 'shop');
  await record.untilPhase('shop', 'Healthy');
  await record.untilTold('shop', 'Completed all 2 canary steps');
  await record.until(
    'stable has all pods',
    () =>
      record
        .replicaSets('shop')
        .map(({ spec }) => spec.replicas)
        .join() === '0,2',
  );

  const mark = record.mark();
  const before = await reconciles(controller.metricsUrl);
  for (const note of ['a', 'b', 'c']) await kubectl.run(['annotate', 'rollout/shop', `note-${note}=1`]);
  await expect.poll(() => reconciles(controller.metricsUrl), { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 3);
  expect(record.versions('rollouts', mark)).toHaveLength(3);
  expect(record.versions('replicasets', mark)).toEqual([]);
  expect(record.events('shop', mark)).toEqual([]);
});

const labels = { app: 'odd' };
const good = {
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'shop' }] } },
  strategy: { canary: {} },
};

/** what is odd -> a spec that no check of the API server would have let pass, and what its status must name */
const odd: Readonly<Record<string, { readonly spec?: unknown; readonly says: string }>> = {
  'no spec': { says: 'spec' },
  'steps that are no list': {
    spec: { ...good, strategy: { canary: { steps: { setWeight: 5 } } } },
    says: 'spec.strategy.canary.steps',
  },
  'steps of nothing': {
    spec: { ...good, strategy: { canary: { steps: [null, 5, 'pause', {}] } } },
    says: 'spec.strategy.canary.steps[0]',
  },
  'a template that is a list': { spec: { ...good, template: [] }, says: 'spec.template' },
  'containers that are text': {
    spec: { ...good, template: { metadata: { labels }, spec: { containers: 'web' } } },
    says: 'spec.template.spec.containers',
  },
  'labels that are numbers': {
    spec: { ...good, template: { ...good.template, metadata: { labels: { app: 5 } } } },
    says: 'spec.template.metadata.labels',
  },
  'a selector that is a list': { spec: { ...good, selector: ['app'] }, says: 'spec.selector' },
  'a weight of 1000': { spec: { ...good, strategy: { canary: { steps: [{ setWeight: 1000 }] } } }, says: 'setWeight' },
  'a surge in words': { spec: { ...good, strategy: { canary: { maxSurge: 'many' } } }, says: 'maxSurge' },
};

test('objects that got past every check are told what is wrong, and stop nobody', async () => {
  await changeRolloutCrd(() => ({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }));
  const { kubectl, record, controller } = await setStage({ cluster });
  const entries = Object.values(odd);
  const object = (index: number, spec: unknown) => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: `odd-${index}` },
    ...(spec !== undefined && { spec }),
  });
  await kubectl.apply(...entries.map(({ spec }, index) => object(index, spec)), { ...object(99, good), status: 'shop' });
  for (const [index, { says }] of entries.entries()) {
    const found = await record.untilPhase(`odd-${index}`, 'Degraded');
    expect(found.status?.message, `odd-${index}`).toMatch(/^InvalidSpec: /);
    expect(found.status?.message, `odd-${index}`).toContain(says);
  }
  await kubectl.apply(shop());
  await record.untilPhase('shop', 'Healthy');
  await kubectl.mergePatch(
    'rollout/shop',
    { status: { conditions: 'none', currentStepIndex: 'first', pauseConditions: 5 } },
    'status',
  );
  await kubectl.setImage('shop', 'shop:2.0.0');
  await record.untilPhase('shop', 'Paused');
  expect(controller.process.running).toBe(true);
  expect(record.replicaSets('shop')).toHaveLength(2);
});
