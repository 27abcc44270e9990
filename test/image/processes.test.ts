/** How processes fare in the image: what they may do, who takes notice of their end, and that each of its stages starts. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../tools/cluster/ports.ts';
import type { ContainerSettings } from '../support/confined-container.ts';
import { startConfined } from '../support/confined-container.ts';
import { buildImage, docker } from '../support/image-build.ts';

const image = 'rampart-test:processes';
const demo = 'rampart-test:demo';
const idle = ['-e', 'setInterval(() => {}, 1000)'];
const within = { timeout: 60_000, interval: 100 };

beforeAll(async () => await buildImage(image));
afterAll(async () => {
  await docker('image', 'rm', '--force', image, demo);
});

/** Field of /proc/<pid>/status -> value */
const statusFields = `Object.fromEntries(require('fs').readFileSync('/proc/1/status', 'utf8').trim().split('\\n').map((line) => line.split(/:\\s*/)))`;

describe('a container of the image', () => {
  it('may only read, has no capability, gains no privilege, and is a number as a user', async () => {
    const container = await startConfined({ image, entrypoint: ['dumb-init', '--', 'node'], command: idle });
    const status = JSON.parse(await container.node(`console.log(JSON.stringify(${statusFields}))`)) as Record<string, string>;
    expect(status).toMatchObject({
      Name: 'dumb-init',
      Uid: '65532\t65532\t65532\t65532',
      Gid: '65532\t65532\t65532\t65532',
      CapEff: '0000000000000000',
      CapBnd: '0000000000000000',
      NoNewPrivs: '1',
      Seccomp: '2',
    });
    const roots = await container.node(`console.log(require('fs').readFileSync('/proc/self/mounts', 'utf8'))`);
    expect(roots).toMatch(/^\S+ \/ \S+ ro,/m);
    for (const path of ['/', '/app', '/etc', '/tmp', '/var', '/usr/local/bin'])
      await expect(container.node(`require('fs').writeFileSync('${path}/x', 'x')`), path).rejects.toThrow(/EROFS|EACCES|ENOENT/);
  });

  it('runs every other command of the program as well', async () => {
    const output = await docker('run', '--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'host', image, 'version');
    expect(output).toMatch(/^rampart \d/);
  });

  // A parent that ends before its child: the child is given to the first process, which has to take notice of its end.
  const orphan = `const { spawn } = require('child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
    child.unref();
    console.log(child.pid);`;
  /** `Z 1`: state and parent; `gone` */
  const stateOf = (pid: number) =>
    `try { console.log(require('fs').readFileSync('/proc/${pid}/stat', 'utf8').replace(/^.*\\) (\\w) (\\d+) .*$/s, '$1 $2')) } catch { console.log('gone') }`;

  it.each<[string, Pick<ContainerSettings, 'entrypoint' | 'command'>, string]>([
    ['dumb-init as the first process reaps', { entrypoint: ['dumb-init', '--', 'node'], command: idle }, 'gone'],
    ['node as the first process would not reap', { entrypoint: ['node'], command: idle }, 'Z 1'],
  ])('%s what lost its parent', async (_, started, end) => {
    const container = await startConfined({ image, ...started });
    const pid = Number(await container.node(orphan));
    await vi.waitFor(async () => expect((await container.node(stateOf(pid))).trim()).toMatch(/^[SR] 1$/), within);
    await container.node(`process.kill(${pid}, 'SIGKILL')`);
    await vi.waitFor(async () => expect((await container.node(stateOf(pid))).trim()).toBe(end), within);
  });

  it('serves the shop of the demo, from its own stage', async () => {
    await buildImage(demo, ['--target', 'demo']);
    const port = await freePort();
    const shop = await startConfined({
      image: demo,
      entrypoint: ['dumb-init', '--', 'node', '/app/shop/shop.ts'],
      env: { PORT: `${port}`, POD_IP: '127.0.0.1', SHOP_VERSION: 'v2', SHOP_DRAIN_MS: '0' },
    });
    await vi.waitFor(async () => expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('v2'), within);
    expect((await shop.terminate()).code).toBe(0);
  });
});
