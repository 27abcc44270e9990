/** Holds the tree against the rules of rules.ts and names every breach with its place; exports the findings so that a test can hold them too. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { arrows, bans, clusterPort, composers, emptyNames, mostLines, portFiles, ratchet } from './rules.ts';

/** path below the top of the repository -> text. */
export type Sources = ReadonlyMap<string, string>;

/** Every breach of the rules in these sources, as `path:line: sentence`. */
export function breaches(sources: Sources): readonly string[] {
  return [...sources]
    .flatMap(([path, text]) => [
      ...lengthBreaches(path, text),
      ...(emptyNames.test(path) ? [`${path}: the name says nothing about what is inside.`] : []),
      ...(path.startsWith('src/') ? [...arrowBreaches(path, text), ...banBreaches(path, text)] : []),
    ])
    .concat(cycles(sources));
}

function lengthBreaches(path: string, text: string): readonly string[] {
  if (path.endsWith('.generated.ts')) return [];
  const lines = text.split('\n').length - 1;
  const most = ratchet[path] ?? mostLines;
  return lengthMessage(path, lines, most);
}

function lengthMessage(path: string, lines: number, most: number): readonly string[] {
  return lines > most ? [`${path}: ${lines} lines, at most ${most}: look for two concepts in one file.`] : [];
}

function roomOf(path: string): string {
  const [first = '', second = ''] = path.slice('src/'.length).split('/');
  return first === 'providers' ? `${first}/${second}` : first;
}

function isTest(path: string): boolean {
  return path.endsWith('.test.ts');
}

function arrowBreaches(path: string, text: string): readonly string[] {
  if (isTest(path)) return [];
  const room = roomOf(path);
  const allowed = arrows[room];
  if (allowed === undefined) return [`${path}: the room ${room} is not in the table of arrows.`];
  return imports(path, text).flatMap(({ target, line }) => {
    if (!target.startsWith('src/')) return [`${path}:${line}: src imports ${target}, which is not shipped.`];
    const to = roomOf(target);
    if (to === room) return [];
    const inside = target.slice('src/'.length);
    const port = portFiles[to];
    if (!allowed.includes(to)) return [`${path}:${line}: ${room} may not import ${to}.`];
    if (port !== undefined && !composers.has(room) && inside !== port)
      return [`${path}:${line}: outside ${to} only ${port} is imported.`];
    if (to === 'runtime' && room.startsWith('providers/') && inside !== clusterPort)
      return [`${path}:${line}: providers import only ${clusterPort} of runtime.`];
    return [];
  });
}

function banBreaches(path: string, text: string): readonly string[] {
  if (isTest(path)) return [];
  const inside = path.slice('src/'.length);
  const active = bans.filter(
    ({ homes, within = '' }) =>
      inside.startsWith(within) && !homes.some((home) => (home.endsWith('/') ? inside.startsWith(home) : inside === home)),
  );
  return text.split('\n').flatMap((line, index) => {
    const code = line.replace(/^\s*(?:\*|\/\*\*?|\/\/).*$/, '').replace(/\/\/.*$/, '');
    return active
      .filter(({ pattern }) => pattern.test(code))
      .map(({ what }) => `${path}:${index + 1}: ${what} is not for this room; have it handed in.`);
  });
}

interface Import {
  readonly target: string;
  readonly line: number;
  readonly isTypeOnly: boolean;
}

function imports(path: string, text: string): readonly Import[] {
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\b(\s+type\b)?[^;'"]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gms)) {
    const target = normalize(join(dirname(path), match[2] ?? match[3] ?? ''));
    found.push({ target, line: text.slice(0, match.index).split('\n').length, isTypeOnly: match[1] !== undefined });
  }
  return found;
}

/** Cycles among imports of values; a type may look back. */
function cycles(sources: Sources): readonly string[] {
  const finished = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (finished.has(path)) return;
    const start = trail.indexOf(path);
    if (start >= 0) {
      found.push(`${path}: imports in a circle: ${[...trail.slice(start), path].join(' -> ')}.`);
      return;
    }
    const text = sources.get(path);
    if (text === undefined) return;
    for (const { target, isTypeOnly } of imports(path, text)) if (!isTypeOnly) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

/** The TypeScript files that git tracks or would track. */
export function readSources(root: string): Sources {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const paths = [...new Set(listed.split('\n').filter((path) => path !== ''))];
  return new Map(paths.flatMap((path) => readIfThere(root, path)));
}

function readIfThere(root: string, path: string): readonly (readonly [string, string])[] {
  try {
    return [[path, readFileSync(join(root, path), 'utf8')]];
  } catch {
    return []; // deleted in the work tree, not yet in the index
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = breaches(readSources(join(dirname(fileURLToPath(import.meta.url)), '..', '..')));
  for (const breach of found) console.error(breach);
  console.log(found.length === 0 ? 'tidy: every file is where and as it should be' : `tidy: ${found.length} breaches`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
