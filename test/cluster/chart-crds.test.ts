/** The chart and the CRDs: it brings those that are missing, leaves those of others alone, and takes none with it when it goes. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitions } from '../../src/api/crd/definitions.ts';
import { type EmbeddedCluster, startCluster } from '../../tools/cluster/cluster.ts';

const run = promisify(execFile);
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

async function helm(...args: string[]): Promise<void> {
  await run(await cluster.partPath('helm'), ['--kubeconfig', cluster.adminKubeconfig, '--namespace', 'rampart', ...args]);
}
const install = async () => await helm('install', 'ramp', join(root, 'charts/rampart'), '--create-namespace');
const upgrade = async () => await helm('upgrade', 'ramp', join(root, 'charts/rampart'));
const uninstall = async () => await helm('uninstall', 'ramp');

async function kubectl(...args: string[]): Promise<string> {
  return (await run(await cluster.partPath('kubectl'), ['--kubeconfig', cluster.adminKubeconfig, ...args])).stdout;
}

/** name of each CRD of ours -> the release that owns it. */
async function owners(): Promise<Record<string, string | undefined>> {
  const list: { items: { metadata: { name: string; annotations?: Record<string, string> } }[] } = JSON.parse(
    await kubectl('get', 'crd', '-o', 'json'),
  );
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
    await kubectl('delete', '-f', join(root, 'crds'));
    await kubectl('apply', '-f', join(root, 'crds'));
    await install();
    expect(await owners()).toEqual(everyCrd(undefined));
    await upgrade();
    await uninstall();
    expect(await owners()).toEqual(everyCrd(undefined));
  });
});
