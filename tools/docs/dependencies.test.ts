/** The README says of each production dependency what it is for, and how many there are. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './pages.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

it('every production dependency has its reason in the README, and none that is gone', () => {
  const section =
    read('README.md')
      .split('\n## ')
      .find((part) => part.startsWith('What it is made of')) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const told = rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  const { dependencies } = JSON.parse(read('package.json')) as { readonly dependencies: Readonly<Record<string, string>> };
  expect(told.sort()).toEqual(Object.keys(dependencies).sort());
});

it('with what they bring along they are as many as it says', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  const production = Object.entries(packages).filter(
    ([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true,
  );
  expect(read('README.md')).toContain(`${production.length} with what they bring along`);
});

/** Bytes of a package's own files as a disk of usual blocks holds them. */
function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .reduce((sum, entry) => {
      const path = join(folder, entry.name);
      return sum + (entry.isDirectory() ? blockBytes + bytesOf(path) : Math.ceil(lstatSync(path).size / blockBytes) * blockBytes);
    }, 0);
}
const blockBytes = 4096;

it('and take as much of a disk as it says, give or take what platforms differ by', () => {
  const readme = read('README.md');
  const { packages } = JSON.parse(read('package-lock.json')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
  };
  const installed = Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true && existsSync(join(root, path)))
    .reduce((sum, [path]) => sum + bytesOf(join(root, path)), 0);
  const told = Number(/(\d+) MB on disk/.exec(readme)?.[1]);
  expect(Math.abs(installed / 1e6 - told), `${Math.round(installed / 1e6)} MB`).toBeLessThan(told / 10);
});
