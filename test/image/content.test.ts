/** What is in the image and what is not, built twice by the Dockerfile as it is; and what a build gets to see of the working directory. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../tools/cluster/provision/run-command.ts';
import type { ImageConfig, ImageEntry } from '../support/image-build.ts';
import { buildImage, docker, imageConfig, imageFiles } from '../support/image-build.ts';

const tags = ['rampart-test:content', 'rampart-test:again'] as const;
/** 2026-11-27 00:00:00 UTC */
const epoch = 1_795_737_600;
const built = ['--build-arg', `SOURCE_DATE_EPOCH=${epoch}`, '--build-arg', 'VERSION=1.2.3', '--build-arg', 'REVISION=abc'];

let entries: readonly ImageEntry[] = [];
let texts: ReadonlyMap<string, string> = new Map();
let config: ImageConfig;

beforeAll(async () => {
  await buildImage(tags[0], built);
  ({ entries, texts } = await imageFiles(tags[0], (path) =>
    /^(app\/.*[^/]|etc\/.*[^/]|var\/lib\/dpkg\/status\.d\/.*[^/])$/.test(path),
  ));
  config = await imageConfig(tags[0]);
});
afterAll(async () => {
  await docker('image', 'rm', '--force', ...tags);
});

/** What runs, what it loads, and what says where that came from. */
const expected = [
  /^app\/(LICENSE|package\.json|rampart\.js)$/,
  /^app\/parts\/[\w.-]+\.js(\.LEGAL\.txt)?$/,
  /^app\/rampart\.js\.LEGAL\.txt$/,
  /^etc\/(group|nsswitch\.conf|os-release|passwd)$/,
  /^(usr\/)?lib(64)?\/([\w-]+\/)?(ld-linux-[\w-]+|libatomic|libc|libdl|libgcc_s|libm|libpthread|libstdc\+\+)\.so\.\d+$/,
  /^usr\/bin\/dumb-init$/,
  /^usr\/local\/(bin\/node|LICENSE)$/,
  /^usr\/share\/doc\/[\w.+-]+\/copyright$/,
  /^var\/lib\/dpkg\/status\.d\/[\w.+-]+$/,
];

describe('the image', () => {
  it('holds the program, node, dumb-init, their libraries, and nothing else: no shell, no npm, no development tool, no source map', () => {
    const files = entries.map(({ path }) => path).filter((path) => !path.endsWith('/'));
    expect(files.filter((path) => !expected.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const path of ['app/rampart.js', 'usr/local/bin/node', 'usr/bin/dumb-init', 'etc/passwd']) expect(files).toContain(path);
    const code = [...texts].filter(([path]) => path.endsWith('.js'));
    expect(code.length).toBeGreaterThan(10);
    expect(code.filter(([, text]) => /sourceMappingURL|\/src\/node_modules/.test(text)).map(([path]) => path)).toEqual([]);
  });

  it('can be written nowhere by the user that it runs as, and has nothing that gives other rights', () => {
    expect(entries.filter(({ owner }) => owner !== '0/0')).toEqual([]);
    expect(entries.filter(({ mode }) => !/^(-rw-r--r--|[-d]rwxr-xr-x)$/.test(mode))).toEqual([]);
  });

  it('says what it is, runs as a number, by dumb-init, and looks after its own health', () => {
    const { User, Entrypoint, Labels, Healthcheck } = config.Config;
    expect({ User, Entrypoint, Labels, test: Healthcheck?.Test.slice(0, 2) }).toEqual({
      User: '65532:65532',
      Entrypoint: ['dumb-init', '--', 'node', '/app/rampart.js'],
      Labels: {
        'org.opencontainers.image.title': 'rampart',
        'org.opencontainers.image.description': expect.stringMatching(/./),
        'org.opencontainers.image.version': '1.2.3',
        'org.opencontainers.image.revision': 'abc',
        'org.opencontainers.image.licenses': 'Apache-2.0',
      },
      test: ['CMD', 'node'],
    });
  });

  it('names the release and the packages that its files are of, as scanners look for them', () => {
    expect(texts.get('etc/os-release')).toMatch(/^ID=/m);
    const libc = texts.get('var/lib/dpkg/status.d/libc6');
    expect(libc).toMatch(/^Version: \S+/m);
    const documented = entries.flatMap(({ path }) => /^usr\/share\/doc\/([^/]+)\/copyright$/.exec(path)?.[1] ?? []);
    const recorded = [...texts.keys()].flatMap((path) => /status\.d\/(.+)$/.exec(path)?.[1] ?? []);
    expect(documented.toSorted()).toEqual(recorded.toSorted());
    expect(recorded).toContain('dumb-init');
  });

  it('has the times that it is given, and comes out the same from a second build', async () => {
    expect([...new Set(entries.map(({ time }) => time))]).toEqual(['2026-11-27 00:00:00']);
    await buildImage(tags[1], ['--no-cache', ...built]);
    expect((await imageConfig(tags[1])).RootFS.Layers).toEqual(config.RootFS.Layers);
  });
});

describe('a build', () => {
  const sources = [
    'package.json',
    'src/main.ts',
    'src/api/names.ts',
    'tools/build.ts',
    'tools/image/root-file-system.sh',
    'demo/shop/shop.ts',
    'LICENSE',
  ];
  const privates = [
    '.env',
    '.npmrc',
    '.git/config',
    'kubeconfig',
    'id_rsa',
    'node_modules/a/index.js',
    'dist/rampart.js',
    'shared/notes.md',
  ];
  const among = [
    'src/.env',
    'src/api/server.key',
    'src/api/.npmrc',
    'src/main.test.ts',
    'tools/.env',
    'tools/image/token',
    'demo/shop/.env',
    'demo/secret.ts',
  ];

  it('gets to see the sources that it needs and nothing private beside them', async () => {
    const work = await mkdtemp(join(tmpdir(), 'rampart-context-'));
    try {
      const context = join(work, 'context');
      for (const path of [...sources, ...privates, ...among]) {
        await mkdir(dirname(join(context, path)), { recursive: true });
        await writeFile(join(context, path), 'x');
      }
      await writeFile(join(context, '.dockerignore'), await readFile('.dockerignore'));
      await writeFile(join(work, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
      const seen = join(work, 'seen');
      await docker('build', '--file', join(work, 'Dockerfile'), '--output', `type=local,dest=${seen}`, context);
      const found = await runCommand('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: seen });
      expect(found.trim().split('\n').toSorted()).toEqual(sources.toSorted());
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  });
});
