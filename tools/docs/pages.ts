/** The pages that people read, taken apart into what a test can try: fenced blocks, links and lines of shell. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface Fence {
  readonly page: string;
  /** Of the opening, counted from 1. */
  readonly line: number;
  /** The words behind the three backticks: language first. */
  readonly info: readonly string[];
  readonly text: string;
}

/** path below the root -> text */
export const pages: ReadonlyMap<string, string> = new Map(
  globSync(['*.md', 'docs/**/*.md'], { cwd: root })
    .sort()
    .map((page) => [page, readFileSync(join(root, page), 'utf8')]),
);

/** In the order of pages and lines; also those within a list. */
export function fences(): readonly Fence[] {
  return [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/^( *)```([^\n`]*)\n([\s\S]*?)^\1```$/gm)].map(({ index, 1: indent = '', 2: info = '', 3: body = '' }) => ({
      page,
      line: text.slice(0, index).split('\n').length,
      info: info.trim().split(/\s+/),
      text: body
        .split('\n')
        .map((line) => line.slice(indent.length))
        .join('\n'),
    })),
  );
}

export function shellLines(): readonly { readonly page: string; readonly command: string }[] {
  return fences()
    .filter(({ info }) => info[0] === 'sh')
    .flatMap(({ page, text }) =>
      text
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .map((line) => line.replace(/(?:^|\s+)# .*$/, '').trim())
        .filter((command) => command !== '')
        .map((command) => ({ page, command })),
    );
}

/** Links to files of this repository, without their anchors. */
export function links(): readonly { readonly page: string; readonly target: string }[] {
  return [...pages].flatMap(([page, text]) =>
    [...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target.replace(/#.*$/, ''))
      .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
      .map((target) => ({ page, target })),
  );
}
