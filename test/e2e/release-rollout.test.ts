/** deploy/scripts/release-rollout as the workflow runs it: the shop of deploy/kubernetes, by a user who may do what the deployer may. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sharedCluster, sharedGateway } from '../support/cluster.ts';
import { emptyStage } from '../support/routed-stage.ts';

const repository = join(import.meta.dirname, '..', '..');
const image = (letter: string): string => `shop@sha256:${letter.repeat(64)}`;

/** A kustomization of the base with the test's own gateway, and steps that take seconds; `cpu` is what a pod asks for. */
async function overlay(namespace: string, cpu: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-release-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { name, namespace: home } = sharedGateway().gateway;
  const op = (path: string, value: unknown) => ({ op: 'add', path, value });
  const patches = [
    {
      target: { kind: 'Rollout' },
      patch: JSON.stringify([
        op('/spec/progressDeadlineSeconds', 5),
        op('/spec/template/spec/containers/0/resources', { requests: { cpu } }),
        op('/spec/strategy/canary/steps', [{ setWeight: 50 }, { pause: { duration: 1 } }]),
        op('/spec/strategy/canary/abortScaleDownDelaySeconds', 1),
        op('/spec/strategy/canary/scaleDownDelaySeconds', 1),
      ]),
    },
    { target: { kind: 'HTTPRoute' }, patch: JSON.stringify([op('/spec/parentRefs', [{ name, namespace: home }])]) },
  ];
  const resources = [relative(folder, join(repository, 'deploy', 'kubernetes', 'base'))];
  const kustomization = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', namespace, resources, patches };
  await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return folder;
}

/** The script with kubectl on its PATH and a kubeconfig that starts in this namespace. */
async function release(namespace: string, folder: string, what: string) {
  const cluster = await sharedCluster();
  const given = await cluster.kubeconfigFor(`ci-${namespace}`, ['deployers']);
  const tools = await mkdtemp(join(tmpdir(), 'rampart-release-tools-'));
  onTestFinished(() => rm(tools, { recursive: true, force: true }));
  await symlink(await cluster.partPath('kubectl'), join(tools, 'kubectl'));
  const kubeconfig = join(tools, 'kubeconfig');
  await writeFile(kubeconfig, (await readFile(given, 'utf8')).replace(/(\n\s+)user: /, `$1namespace: ${namespace}$1user: `));
  const child = spawn(join(repository, 'deploy', 'scripts', 'release-rollout'), [folder, what], {
    env: { ...process.env, PATH: `${tools}:${process.env.PATH}`, KUBECONFIG: kubeconfig, RELEASE_TIMEOUT: '90s' },
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (words += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, words };
}

test('brings a version to its users, and says when it was taken back', { timeout: 180_000 }, async () => {
  const { view, kubectl } = await emptyStage();
  await kubectl.run(['apply', '-k', join(repository, 'deploy', 'kubernetes', 'deployer')]);
  const folder = await overlay(view.name, '10m');
  for (const good of ['a', 'b']) {
    const { code, words } = await release(view.name, folder, image(good));
    expect(code, words).toBe(0);
  }
  await view.catchUp();
  expect(view.podsOf(image('b'))).toBe(2);

  const bad = await release(view.name, await overlay(view.name, '9000'), image('c'));
  expect(bad.code, bad.words).toBe(1);
  expect(bad.words).toContain('taken back: RolloutAborted');

  expect(await release(view.name, folder, 'shop:latest')).toMatchObject({ code: 2 });
});
