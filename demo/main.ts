/** `npm run demo`: Rampart's main job, on a Kubernetes of its own, with real traffic. */
import { once } from 'node:events';
import { enterNamespace } from '../tools/cluster/namespace/enter.ts';
import { forwardPort } from '../tools/cluster/namespace/outside.ts';
import { billLines } from './bill.ts';
import { type DemoOptions, parseDemoOptions, usage } from './options.ts';
import { play } from './play.ts';
import { lineScreen, pictureScreen } from './screen.ts';
import { type Stage, setStage } from './stage.ts';

async function main(options: DemoOptions): Promise<number> {
  await enterNamespace([
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'helm',
    'traefik',
    'prometheus',
    'gateway-api-crds',
  ]);
  const beganMs = Date.now();
  const screen = options.plain ? lineScreen((line) => process.stderr.write(`${line}\n`)) : pictureScreen(process.stdout);
  const stage = await setStage((words) => screen.say(words));
  try {
    const bill = await play(stage, { requestsPerSecond: options.requestsPerSecond, screen, beganMs });
    if (options.json) process.stdout.write(`${JSON.stringify(bill, undefined, 2)}\n`);
    else process.stdout.write(`\n${billLines(bill).join('\n')}\n`);
    if (options.keep) await keep(stage);
    if (!bill.passed) process.stderr.write(`\nThe logs of this run are in ${stage.cluster.runDir}\n`);
    return bill.passed ? 0 : 1;
  } finally {
    await stage.cluster.stop();
  }
}

/** Waits for Ctrl-C with everything running, and says how to look at it from another terminal. */
async function keep({ cluster, gateway, prometheus }: Stage): Promise<void> {
  const outside = async (url: string) => forwardPort({ host: new URL(url).hostname, port: Number(new URL(url).port) });
  const [api, web, metrics] = [await outside(cluster.server), await outside(gateway.httpUrl), await outside(prometheus.url)];
  process.stdout.write(`
It is still running. From another terminal:
  export KUBECONFIG=${cluster.adminKubeconfig}
  kubectl --server https://127.0.0.1:${api} get rollouts
  kubectl --server https://127.0.0.1:${api} describe rollout shop
  curl -H 'Host: shop.example' http://127.0.0.1:${web}/
  Prometheus: http://127.0.0.1:${metrics}
Ctrl-C ends it.
`);
  const held = setInterval(() => {}, 1 << 30);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(held);
}

try {
  const options = parseDemoOptions(process.argv.slice(2), process.stdout.isTTY);
  if (options === undefined) process.stdout.write(usage);
  process.exitCode = options === undefined ? 0 : await main(options);
} catch (error) {
  process.stderr.write(`demo: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
