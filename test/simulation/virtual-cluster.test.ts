/** The virtual cluster is held to the contract of its port, as the real client on a real API server is. Its time runs fifty times as fast. */
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { namespaces } from '../../src/simulation/api-server/builtin-kinds.ts';
import { VirtualCluster } from '../../src/simulation/virtual-cluster.ts';
import { describeCluster } from '../contract/cluster.ts';

const speed = 50;
const startedMs = systemClock.now();

const fastClock: Clock = {
  now: () => startedMs + (systemClock.now() - startedMs) * speed,
  monotonic: () => systemClock.monotonic() * speed,
  setTimer: (delayMs, callback) => systemClock.setTimer(delayMs / speed, callback),
};

let count = 0;

describeCluster('the virtual cluster', async () => {
  const virtual = new VirtualCluster({ clock: fastClock, seed: ++count });
  const cluster = virtual.client('contract');
  const namespace = `contract-${count}`;
  await cluster.create(namespaces, { metadata: { name: namespace } });
  return { cluster, namespace, close: async () => cluster.kill() };
});
