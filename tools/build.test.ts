/** The folder that `npm run build` makes is what the image holds and npm publishes: it has to be whole, and to start by any of its names. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { buildProgram } from './build.ts';

const run = promisify(execFile);
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rampart-build-'));
  await buildProgram(join(folder, 'dist'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const environment = { PATH: process.env.PATH, KUBECONFIG: '/nowhere' };

test('what npm publishes of it is all of it', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: join(folder, 'dist') });
  const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[];
  const files = new Set(packed?.files.map(({ path }) => path));
  const door = await readFile(join(folder, 'dist', 'rampart.js'), 'utf8');
  const parts = [...door.matchAll(/"\.\/(parts\/[^"]+)"/g)].map(([, part = '']) => part);
  expect(parts.length).toBeGreaterThan(0);
  for (const part of parts) expect(files).toContain(part);
}, 60_000);

test('it starts as the controller, as a command, as a plugin of kubectl, and for completion', async () => {
  const started = async (name: string, ...args: readonly string[]) => {
    const link = join(folder, name);
    await symlink(join(folder, 'dist', 'rampart.js'), link);
    return (await run(process.execPath, [link, ...args], { env: environment })).stdout;
  };
  expect(await started('rampart', 'version')).toMatch(/^rampart \d/);
  expect(await started('controller', 'controller', '--help')).toContain('Usage: rampart controller');
  expect(await started('kubectl-rampart', 'get', '--help')).toContain('Usage: kubectl rampart get');
  expect(await started('kubectl_complete-rampart', 'promo')).toBe('promote\n:4\n');
}, 60_000);

test('what is left out or put off is not missed: proxies, YAML, regular expressions', async () => {
  const asked: string[] = [];
  const proxy = createServer((socket) =>
    socket.once('data', (data) => {
      asked.push(String(data).split(' ')[0] ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    }),
  );
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const cluster = { server: 'https://127.0.0.1:1', 'proxy-url': `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const config = join(folder, 'config');
  const users = [{ name: 'a', user: { token: 'x' } }];
  const contexts = [{ name: 'a', context: { cluster: 'a', user: 'a' } }];
  await writeFile(config, stringify({ 'current-context': 'a', clusters: [{ name: 'a', cluster }], users, contexts }));
  const program = join(folder, 'dist', 'rampart.js');
  await expect(run(process.execPath, [program, 'list', '--kubeconfig', config], { env: environment })).rejects.toThrow(
    /cannot be reached/,
  );
  expect(asked[0]).toBe('CONNECT');
  proxy.close();

  const template = join(folder, 'template.yaml');
  const metric = { name: 'm', successCondition: 'true', provider: { prometheus: { address: 'http://p', query: 'up' } } };
  const spec = { dryRun: [{ metricName: '(' }], metrics: [metric] };
  await writeFile(
    template,
    stringify({ apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisTemplate', metadata: { name: 'x' }, spec }),
  );
  await expect(run(process.execPath, [program, 'lint', template], { env: environment })).rejects.toMatchObject({
    stdout: expect.stringContaining('is not a regular expression'),
  });
}, 60_000);
