/**
 * `npm run build`: writes dist/rampart.js and, beside it, the parts that it loads when they are called for: the controller, and each
 * command. The folder needs nothing but Node 24 or newer.
 */
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { leanPackages } from './lean-packages.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Bundles into `directory` (default: dist), which can be copied anywhere, and returns the path of the program. */
export async function buildProgram(directory = join(root, 'dist')): Promise<string> {
  const { name, version, description, license, engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const outfile = join(directory, 'rampart.js');
  const parts = join(directory, 'parts');
  await mkdir(directory, { recursive: true });
  // Their names change with what is in them.
  await rm(parts, { recursive: true, force: true });
  await build({
    entryPoints: { rampart: join(root, 'src', 'cli', 'main.ts') },
    outdir: directory,
    chunkNames: 'parts/[name]-[hash]',
    splitting: true,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minifyWhitespace: true,
    minifySyntax: true,
    // Identifiers stay: stacks in logs can be read, and esbuild's way of keeping names alone costs time at each closure.
    legalComments: 'linked',
    mainFields: ['module', 'main'],
    define: { RAMPART_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
    plugins: [...leanPackages],
    banner: { js: '#!/usr/bin/env node' },
    logLevel: 'warning',
  });
  await chmod(outfile, 0o755);
  // Where no package.json says what it is, Node reads the program twice, which costs a third of its start. It is also what npm publishes: the
  // program and its parts, which depend on nothing.
  const bin = { rampart: 'rampart.js', 'kubectl-rampart': 'rampart.js', 'kubectl_complete-rampart': 'rampart.js' };
  const manifest = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin,
    files: ['rampart.js', 'parts'],
  };
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return outfile;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outfile = await buildProgram();
  const parts = join(dirname(outfile), 'parts');
  const sizes = await Promise.all([outfile, ...(await readdir(parts)).map((part) => join(parts, part))].map((file) => stat(file)));
  const size = sizes.reduce((sum, file) => sum + file.size, 0);
  console.log(
    `dist/rampart.js and ${sizes.length - 1} parts, ${(size / 1024 / 1024).toFixed(1)} MB. Try: node dist/rampart.js --help`,
  );
}
