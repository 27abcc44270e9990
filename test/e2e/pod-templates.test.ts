/** Pod templates as the API server lets them through: what no typed client could read is left out, and the Rollout runs all the same. */
import { expect, test } from 'vitest';
import { startController } from '../support/controller.ts';
import { setQuietStage, shop } from '../support/rollout-stage.ts';

/** what is odd -> the container or pod, and what the ReplicaSet must have of it */
const odd: Readonly<Record<string, { readonly container?: object; readonly pod?: object; readonly kept: object }>> = {
  'a number for a quantity': {
    container: { resources: { limits: { cpu: 0.001, memory: 1048576 }, requests: { cpu: 0.001 } } },
    kept: { resources: { limits: { cpu: '1m', memory: '1048576' }, requests: { cpu: '1m' } } },
  },
  'a quantity that is none': {
    container: { resources: { limits: { cpu: '10m', memory: 'invalid' } } },
    kept: { resources: { limits: { cpu: '10m' } } },
  },
  'quantities of another kind': { container: { resources: { limits: { cpu: { a: 1 }, memory: true } } }, kept: {} },
  nulls: {
    container: { env: null, ports: null, resources: null, securityContext: null },
    pod: { volumes: null, nodeSelector: null },
    kept: {},
  },
  'a list of nulls': {
    container: { args: ['a', 'b'], env: [{ name: 'A', value: null }] },
    kept: { args: ['a', 'b'], env: [{ name: 'A' }] },
  },
  'a field of tomorrow': { container: { fieldOfTomorrow: { a: [1, { b: null }] } }, pod: { another: true }, kept: {} },
  'text for a number': {
    container: { ports: [{ containerPort: 8080, hostPort: '0' }] },
    kept: { ports: [{ containerPort: 8080, protocol: 'TCP' }] },
  },
  'no protocol': { container: { ports: [{ containerPort: 80 }] }, kept: { ports: [{ containerPort: 80, protocol: 'TCP' }] } },
};

test('run, with what could be read; and a controller that begins anew changes nothing', { timeout: 120_000 }, async () => {
  const { kubectl, record, namespace } = await setQuietStage();
  const names = Object.keys(odd).map((_, index) => `odd-${index}`);
  const manifests = Object.values(odd).map(({ container, pod }, index) => {
    const name = `odd-${index}`;
    const containers = [{ name: 'web', image: 'shop:1.0.0', ...container }];
    return shop({ name, replicas: 1, spec: { template: { metadata: { labels: { app: name } }, spec: { containers, ...pod } } } });
  });
  const documents = manifests.map((manifest) => `---\n${JSON.stringify(manifest)}\n`).join('');
  await kubectl.run(['apply', '--validate=false', '-f', '-'], documents);
  const first = await startController({ namespace });
  for (const name of names) await record.untilPhase(name, 'Healthy', 45_000);
  for (const [index, [what, { kept }]] of Object.entries(odd).entries()) {
    const [replicaSet] = record.replicaSets(`odd-${index}`);
    const containers = replicaSet?.spec.template.spec?.containers as readonly object[];
    expect(containers[0], what).toMatchObject(kept);
  }
  await first.kill();
  const mark = record.mark();
  const second = await startController({ namespace });
  await kubectl.run(['scale', 'rollout/odd-0', '--replicas=2']);
  await record.untilStatus('odd-0', 'two pods', ({ phase, availableReplicas }) => phase === 'Healthy' && availableReplicas === 2);
  const touched = record.versions('replicasets', mark).map(({ object }) => object.metadata.name.slice(0, 5));
  expect(new Set(touched)).toEqual(new Set(['odd-0']));
  expect(second.process.running).toBe(true);
});
