/** A real cluster to play on: its API by a kubeconfig, the system's clock, and HTTP requests to its gateway. */
import { loadKubeConfig } from '../../src/runtime/client/kube-config.ts';
import { KubernetesClient } from '../../src/runtime/client/kubernetes-client.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { startTraffic } from '../shop/traffic.ts';
import type { World } from '../stage.ts';

export interface RealPlace {
  /** File. */
  readonly kubeconfig: string;
  /** Where the gateway answers this program, without a path. */
  readonly gatewayUrl: string;
  /** Host header of the shop's route. */
  readonly host: string;
}

export function realWorld({ kubeconfig, gatewayUrl, host }: RealPlace): World {
  return {
    clock: systemClock,
    connect: () => {
      const { env: environment } = process;
      const { config } = loadKubeConfig({ kubeconfig, environment });
      const cluster = KubernetesClient.create({ config, clock: systemClock, random: Math.random, environment, limits: undefined });
      return { cluster, close: async () => await cluster.close() };
    },
    startTraffic: (options) => startTraffic({ ...options, url: gatewayUrl, host }),
    address: gatewayUrl,
  };
}
