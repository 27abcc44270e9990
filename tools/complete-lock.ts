/**
 * `npm run lock`: names in package-lock.json the optional packages for other platforms that npm has left out. npm leaves out what the registry at hand does not
 * carry, and `npm ci` then refuses the file everywhere. The entries have no checksum, since nobody has seen these packages: npm takes the registry's word
 * for them, on those platforms alone. What npm wrote itself is not touched, and doing it again changes nothing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is read and written of an entry; the rest of it is kept. */
interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  /** place in the tree, for instance `node_modules/vitest` -> entry */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface Completed<L extends Lock> {
  readonly lock: L;
  /** `name@version`, as added. */
  readonly added: readonly string[];
  /** `name@range`: missing as well, and not to be guessed. */
  readonly unknown: readonly string[];
}

const systems: Readonly<Record<string, string>> = Object.fromEntries(
  ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'].map((name) => [
    name,
    name,
  ]),
);

/** Part of a package's name -> processor, as Node names it. */
const processors: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'].map((name) => [name, name]),
  ),
  armv7: 'arm',
  powerpc64le: 'ppc64',
};

export function completeLock<L extends Lock>(lock: L): Completed<L> {
  const packages: Record<string, LockedPackage> = { ...lock.packages };
  const added: string[] = [];
  const unknown: string[] = [];
  for (const [place, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isFound(packages, place, name)) continue;
      const platform = platformOf(name);
      if (platform === undefined || !/^\d+\.\d+\.\d+(?:[-+].+)?$/.test(range)) {
        unknown.push(`${name}@${range}`);
        continue;
      }
      packages[`node_modules/${name}`] = { version: range, optional: true, ...(entry.dev === true && { dev: true }), ...platform };
      added.push(`${name}@${range}`);
    }
  }
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { lock: added.length === 0 ? lock : { ...lock, packages: sorted }, added, unknown };
}

/** As Node finds a package: beside the one that asks, or at any place above. */
function isFound(packages: Readonly<Record<string, LockedPackage>>, place: string, name: string): boolean {
  for (let above = place; ; above = above.slice(0, Math.max(0, above.lastIndexOf('/node_modules/')))) {
    if (Object.hasOwn(packages, `${above === '' ? '' : `${above}/`}node_modules/${name}`)) return true;
    if (above === '') return false;
  }
}

/** What a name such as `@esbuild/linux-arm64` or `lightningcss-linux-x64-musl` says; undefined where it says nothing. */
export function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> | undefined {
  const parts = name.split(/[-/@.]/);
  const system = parts.map((part) => systems[part]).find((found) => found !== undefined);
  const processor = parts.map((part) => processors[part]).find((found) => found !== undefined);
  if (processor === undefined) return undefined;
  if (processor === 'wasm32') return { cpu: [processor] };
  if (system === undefined) return undefined;
  const libc = system !== 'linux' ? undefined : /musl/.test(name) ? 'musl' : /gnu/.test(name) ? 'glibc' : undefined;
  return { cpu: [processor], os: [system], ...(libc !== undefined && { libc: [libc] }) };
}

async function main(path: string): Promise<number> {
  const { lock, added, unknown } = completeLock(JSON.parse(await readFile(path, 'utf8')) as Lock);
  if (added.length > 0) await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
  for (const one of added) console.log(`added ${one}`);
  for (const one of unknown) console.error(`${one} is missing, and its name does not say for which platform it is`);
  console.log(added.length === 0 ? 'package-lock.json has all it needs' : `${added.length} added; try \`npm ci\``);
  return unknown.length === 0 ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.exitCode = await main(join(import.meta.dirname, '..', 'package-lock.json'));
