/** The kubelet as a process: `node main.ts <configuration file>`. Started by process-kubelet.ts in a mount namespace of its own. */
import { readFile, writeFile } from 'node:fs/promises';
import { type KubeletConfig, startKubelet } from './kubelet.ts';

const config = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as KubeletConfig;
process.on('unhandledRejection', (error) => console.log('kubelet: a promise was left alone:', error));
const kubelet = await startKubelet(
  config,
  Date.now,
  process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
);
await writeFile(config.readyFile, 'ready\n');
console.log(`kubelet: node ${config.nodeName} is ready`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    void kubelet.stop().finally(() => process.exit(0));
  });
}
