/** The chart and the CRDs: it brings those that are missing, leaves those of others alone, and takes none with it when it goes. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions } from '../../src/api/crd/definitions.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';
import { runWithin } from '../support/run-within.ts';

const root = join(import.meta.dirname, '../..');
const all = definitions.map(({ resource }) => `${resource.plural}.${resource.group}`).toSorted();

// A cluster of its own: other tests need the CRDs that this one deletes.
let cluster: EmbeddedCluster;
beforeAll(async () => {
  cluster = await startCluster({ name: 'chart-crds', kubelet: 'kwok' });
});
afterAll(async () => {
  await cluster?.stop();
});

/** Less than the test may take, so that what hangs is named with what it said. */
const commandMs = 60_000;

async function run(program: 'helm' | 'kubectl', ...args: readonly string[]): Promise<string> {
  const path = await cluster.partPath(program);
  const verbose = program === 'helm' ? ['--debug'] : ['-v=2'];
  return await runWithin(commandMs, path, ['--kubeconfig', cluster.adminKubeconfig, ...verbose, ...args], stateOfCrds);
}

/** What a deletion or a discovery that does not end waits for. */
async function stateOfCrds(): Promise<string> {
  const args = ['--kubeconfig', cluster.adminKubeconfig, 'get', 'crd', '-o', 'json', '--show-managed-fields=false'];
  const list = JSON.parse(await runWithin(20_000, await cluster.partPath('kubectl'), args)) as { readonly items: readonly Crd[] };
  return list.items.map(({ metadata, status }) => JSON.stringify({ ...metadata, annotations: undefined, ...status })).join('\n');
}

interface Crd {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly status?: object;
}

const helm = async (...args: string[]) => await run('helm', '--namespace', 'rampart', ...args);
const install = async () => await helm('install', 'ramp', join(root, 'charts/rampart'), '--create-namespace');
const upgrade = async () => await helm('upgrade', 'ramp', join(root, 'charts/rampart'));
const uninstall = async () => await helm('uninstall', 'ramp');
const kubectl = async (...args: string[]) => await run('kubectl', ...args);

/**
 * Kubernetes lists the objects of a CRD before it lets that go. If nobody asked for such objects before, the list fails (storage is (re)initializing), and the second try may
 * lose against the status that the first one left; then nobody tries again for five minutes. So they are asked for first.
 */
async function deleteCrds(): Promise<void> {
  await kubectl('get', all.join(','), '--all-namespaces');
  await kubectl('delete', '-f', join(root, 'crds'));
}

/** name of each CRD of ours -> the release that owns it. */
async function owners(): Promise<Record<string, string | undefined>> {
  const list = JSON.parse(await kubectl('get', 'crd', '-o', 'json')) as { readonly items: readonly Crd[] };
  const ours = list.items.filter(({ metadata }) => all.includes(metadata.name));
  return Object.fromEntries(ours.map(({ metadata }) => [metadata.name, metadata.annotations?.['meta.helm.sh/release-name']]));
}

const everyCrd = (owner: string | undefined) => Object.fromEntries(all.map((name) => [name, owner]));

// Helm and ten CRDs that come and go: slow where the machine is.
describe('the chart', { timeout: 180_000 }, () => {
  it('brings the CRDs, keeps them through an upgrade, and leaves them when it goes', async () => {
    await install();
    expect(await owners()).toEqual(everyCrd('ramp'));
    await upgrade();
    expect(await owners()).toEqual(everyCrd('ramp'));
    await uninstall();
    expect(await owners()).toEqual(everyCrd('ramp'));
    await install();
    await uninstall();
  });

  it('leaves CRDs alone that someone else installed', async () => {
    await deleteCrds();
    await kubectl('apply', '-f', join(root, 'crds'));
    await install();
    expect(await owners()).toEqual(everyCrd(undefined));
    await upgrade();
    await uninstall();
    expect(await owners()).toEqual(everyCrd(undefined));
  });
});
