/** Holds the pages that name tests to the code: every test that they name exists, and every field of the API has a row in compatibility.md. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './pages.ts';

const pageOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = pageOf('docs/reference/compatibility.md');
/** The cells of a row: what, and in the last one what shows it. */
type Row = readonly string[];

function rowsOf(section: string): readonly Row[] {
  const lines = section.split('\n').filter((line) => line.startsWith('| ') && !/^\| [a-z ]+ \| [a-z ]+ \|$/.test(line));
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

/** heading -> rows */
const sections = new Map(page.split('\n## ').map((part) => [part.slice(0, part.indexOf('\n')), rowsOf(part)] as const));

/** Where the fields of a kind have their rows. */
const kinds = {
  Rollout: ['Rollout', 'Canary', 'Blue-green', 'Pods', 'Status', 'Refused'],
  AnalysisTemplate: ['Analysis', 'Refused providers'],
  AnalysisRun: ['Analysis', 'Refused providers'],
  Experiment: ['Experiments'],
};

const pages = ['docs/security/threat-model.md', 'docs/security/bad-input.md'];
const named = [...sections.values(), ...pages.map((path) => rowsOf(pageOf(path)))]
  .flat()
  .flatMap((row) =>
    [...(row.at(-1) ?? '').matchAll(/`([\w./-]+\.test\.ts)` › ([^;]+)/g)].map(
      ([, file, title]) => [file ?? '', (title ?? '').trim()] as const,
    ),
  );

/** Fields that only hold others: a row for one of them would speak of everything below. */
const containers =
  /^(spec|spec\.strategy|spec\.strategy\.(canary|blueGreen)|spec\.strategy\.canary\.(steps|trafficRouting)|spec\.metrics|spec\.metrics\[\]\.provider|status\.canary)$/;

function rowedFields(headings: readonly string[]): ReadonlySet<string> {
  const rows = headings.flatMap((heading) => sections.get(heading) ?? []);
  return new Set(rows.flatMap(([what = '']) => [...what.matchAll(/`([\w.[\]]+)`/g)].map(([, path]) => path ?? '')));
}

/** A row for a field holds for what is below it; lists or not makes no difference. */
function isRowed(path: string, rowed: ReadonlySet<string>): boolean {
  const bare = path.replace(/\[\]$/, '');
  if (bare === 'status' || containers.test(bare)) return true;
  for (let at = bare; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('.'), 0)).replace(/\[\]$/, '')) {
    if (containers.test(at)) return false;
    if (rowed.has(at)) return true;
  }
  return false;
}

/** Paths of one kind as api.md lists them. */
function fieldsOf(kind: string): readonly string[] {
  const api = readFileSync(join(root, 'docs/reference/api.md'), 'utf8');
  const section = api.split('\n## ').find((part) => part.startsWith(`${kind}\n`)) ?? '';
  return [...section.matchAll(/^\| `([^`*]+)\*?` \|/gm)].map(([, path]) => path ?? '');
}

describe('the page of compatibility', () => {
  it.each(named)('%s has a test "%s"', (file, title) => {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), 'utf8').replaceAll("\\'", "'")).toContain(title);
  });

  it.each(Object.entries(kinds))('every field of %s has a row', (kind, headings) => {
    const rowed = rowedFields(headings);
    const fields = fieldsOf(kind);
    expect(fields.length).toBeGreaterThan(10);
    expect(fields.filter((path) => !isRowed(path, rowed))).toEqual([]);
  });
});
