/** A gate that lets everything through looks like one that finds nothing: each gets a fault to catch, and the same without the fault to pass. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { partPath } from '../../tools/cluster/provision/provision.ts';
import { gates } from '../../tools/gates/gates.ts';

const repository = join(import.meta.dirname, '..', '..');

const workflow = (steps: string, permissions = 'contents: read'): string =>
  [
    'name: planted',
    'on: push',
    'permissions: {}',
    'concurrency:',
    '  group: planted-${{ github.ref }}',
    '  cancel-in-progress: true',
    'jobs:',
    '  one:',
    '    name: One',
    '    runs-on: ubuntu-24.04',
    '    timeout-minutes: 5',
    '    permissions:',
    `      ${permissions} # to read`,
    '    steps:',
    `      ${steps.replaceAll('\n', '\n      ')}`,
    '',
  ].join('\n');

const checkout = [
  '- uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0',
  '  with:',
  '    persist-credentials: false',
].join('\n');

const image = (user: string): string =>
  `FROM debian:12.9-slim\nRUN mkdir /app\nHEALTHCHECK CMD ["true"]\n${user}ENTRYPOINT ["/app/run"]\n`;

const bucket = (more: string): string => `resource "aws_ecr_repository" "shop" {\n  name = "shop"\n${more}}\n`;
const shut = `  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
  encryption_configuration {
    encryption_type = "KMS"
  }
`;

/** Put together here, so that this file holds nothing that looks like one. */
const key = ['AKIA', 'Q3EGRZ7HX5T2VKLM'].join('');

interface Planted {
  readonly gate: string;
  readonly file: string;
  readonly fault: string;
  readonly mended: string;
  /** What the gate says of it. */
  readonly says: string;
}

const program = (rule: string, fault: string, mended: string): Planted => ({
  gate: 'code',
  file: `src/${rule}.ts`,
  fault: `${fault}\n`,
  mended: `${mended}\n`,
  says: rule,
});

const inWorkflow = (gate: string, says: string, fault: string, mended: string = checkout): Planted => ({
  gate,
  file: `.github/workflows/${says.replaceAll(/\W+/g, '-')}.yaml`,
  fault: workflow(fault),
  mended: workflow(mended),
  says,
});

const planted: readonly Planted[] = [
  inWorkflow('workflows', 'property "nothing" is not defined', '- run: echo ${{ github.nothing }}', '- run: echo "${GITHUB_REF}"'),
  inWorkflow('workflow-security', 'template-injection', '- run: echo ${{ github.event.pull_request.title }}'),
  inWorkflow('workflow-security', 'unpinned-uses', '- uses: actions/checkout@v5\n  with:\n    persist-credentials: false'),
  inWorkflow('workflow-security', 'artipacked', '- uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0'),
  inWorkflow('code', 'gate-that-does-not-block', `${checkout}\n- run: npm audit\n  continue-on-error: true`),
  inWorkflow('code', 'gate-whose-exit-code-is-thrown-away', `${checkout}\n- run: npm audit || true`),
  inWorkflow('code', 'stored-key-of-a-cloud', '- run: deploy\n  env:\n    KEY: ${{ secrets.AWS_KEY }}'),
  { gate: 'dockerfile', file: 'Dockerfile', fault: 'FROM debian\nRUN true\n', mended: image('USER 65532:65532\n'), says: 'DL3006' },
  { gate: 'infrastructure', file: 'Dockerfile', fault: image(''), mended: image('USER 65532:65532\n'), says: 'CKV_DOCKER_3' },
  { gate: 'infrastructure', file: 'deploy/planted.tf', fault: bucket(''), mended: bucket(shut), says: 'CKV_AWS_51' },
  {
    gate: 'secrets',
    file: 'deploy/settings.env',
    fault: `AWS_ACCESS_KEY_ID=${key}\n`,
    mended: 'AWS_REGION=eu-central-1\n',
    says: 'aws-access-token',
  },
  program(
    'text-run-as-code',
    'export const run = (text: string) => eval(text);',
    'export const run = (text: string) => JSON.parse(text);',
  ),
  program(
    'command-through-a-shell',
    "import { exec } from 'node:child_process';\nexport const run = (name: string) => exec(`cat ${name}`);",
    "import { execFile } from 'node:child_process';\nexport const run = (name: string) => execFile('cat', [name]);",
  ),
  program(
    'certificate-not-checked',
    'export const tls = { rejectUnauthorized: false };',
    'export const tls = { rejectUnauthorized: true };',
  ),
  program(
    'expression-of-a-stranger',
    'export const find = (text: string) => new RegExp(text);',
    "export const find = () => new RegExp('a+');",
  ),
  program(
    'secret-in-a-log',
    'export function tell(log: Console, password: string) { log.info(`signs in with ${password}`); }',
    'export function tell(log: Console, user: string) { log.info(`signs in as ${user}`); }',
  ),
  program(
    'heard-by-everybody',
    'export const serve = (server: { listen(port: number): void }) => server.listen(80);',
    "export const serve = (server: { listen(port: number, host: string): void }) => server.listen(80, '127.0.0.1');",
  ),
];

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rampart-planted-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

const git = (folder: string, ...args: readonly string[]): void => {
  const who = ['-c', 'user.name=planted', '-c', 'user.email=planted@example.org', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...args], { cwd: folder, stdio: 'ignore' });
};

function commit(folder: string): void {
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--message', 'planted');
}

async function look(name: string, root: string) {
  const gate = gates.find((one) => one.name === name);
  if (gate === undefined) throw new Error(`no gate ${name}`);
  return await gate.look({ root, exceptions: [], tool: partPath });
}

describe('what is planted is found, and nothing where it is mended', { timeout: 120_000 }, () => {
  // All faults of a gate at once: starting some of the tools takes longer than looking.
  test.each([...new Set(planted.map(({ gate }) => gate))])('%s', async (gate) => {
    const faults = planted.filter((one) => one.gate === gate);
    const bad = await folderWith(Object.fromEntries(faults.map(({ file, fault }) => [file, fault])));
    const good = await folderWith(Object.fromEntries(faults.map(({ file, mended }) => [file, mended])));
    for (const folder of [bad, good]) commit(folder);
    const found = await look(gate, bad);
    for (const { says } of faults) expect(found.output).toContain(says);
    expect(found.passed).toBe(false);
    expect(await look(gate, good)).toMatchObject({ passed: true });
  });

  test('secrets: one that was committed and taken away again', async () => {
    const folder = await folderWith({ 'settings.env': `AWS_ACCESS_KEY_ID=${key}\n` });
    commit(folder);
    git(folder, 'rm', '--quiet', 'settings.env');
    git(folder, 'commit', '--quiet', '--message', 'taken away');
    expect((await look('secrets', folder)).passed).toBe(false);
  });

  test('licences: a dependency that binds what is built with it', async () => {
    const lock = (license: string) => ({
      name: 'planted',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: {
        '': { name: 'planted', version: '1.0.0', dependencies: { other: '1.0.0' } },
        'node_modules/other': { version: '1.0.0', license },
      },
    });
    const project = (license: string) =>
      folderWith({
        'package.json': JSON.stringify({ name: 'planted', version: '1.0.0', dependencies: { other: '1.0.0' } }),
        'package-lock.json': JSON.stringify(lock(license)),
      });
    expect(await look('licences', await project('AGPL-3.0-only'))).toEqual({ passed: false, output: 'other 1.0.0: AGPL-3.0-only' });
    expect(await look('licences', await project('(GPL-2.0-only OR MIT)'))).toEqual({ passed: true, output: '' });
  });

  test('chart, manifests: a template that does not render, and one that no API server takes', async () => {
    const folder = await folderWith({});
    for (const part of ['charts', 'crds', 'examples']) await cp(join(repository, part), join(folder, part), { recursive: true });
    const extra = join(folder, 'charts', 'rampart', 'templates', 'planted.yaml');
    await writeFile(extra, 'apiVersion: v1\nkind: Service\nmetadata: { name: planted }\nspec: { ports: [ { port: many } ] }\n');
    expect((await look('manifests', folder)).output).toContain('spec.ports[0].port');
    await writeFile(extra, '{{ required "planted" .Values.nothing }}\n');
    expect((await look('chart', folder)).output).toContain('planted');
    await rm(extra);
    expect(await look('chart', folder)).toMatchObject({ passed: true });
  });
});
