/** The objects in YAML or JSON text, each with the line on which it begins; Lists are opened. What cannot be read is told, not thrown. */
import { LineCounter, parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly file: string;
  readonly line: number;
  readonly object: Readonly<Record<string, unknown>>;
}

export interface Unreadable {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ReadFile {
  readonly manifests: readonly Manifest[];
  readonly unreadable: readonly Unreadable[];
}

/** More than anyone means: aliases in YAML can make a little text very large. */
const mostAliases = 1_000;

export function readDocuments(file: string, text: string): ReadFile {
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  const unreadable: Unreadable[] = [];
  const parsed = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const line = lineOf(document.contents?.range?.[0] ?? document.range?.[0] ?? 0, lines);
    const [error] = document.errors;
    if (error !== undefined) {
      unreadable.push({
        file,
        line: error.linePos?.[0].line ?? line,
        message: error.message.split('\n')[0]?.replace(/:$/, '') ?? '',
      });
      continue;
    }
    try {
      const value: unknown = document.toJS({ maxAliasCount: mostAliases });
      // Nothing between two separators.
      if (value === null || value === undefined) continue;
      if (holdsItself(value)) unreadable.push({ file, line, message: 'holds itself by an alias; write it out' });
      else if (isFields(value)) manifests.push(...opened({ file, line, object: value }));
      else unreadable.push({ file, line, message: 'is no object: it needs apiVersion, kind and metadata' });
    } catch (cause) {
      unreadable.push({ file, line, message: cause instanceof Error ? cause.message : String(cause) });
    }
  }
  return { manifests, unreadable };
}

/** Nobody who walks through such an object comes to an end. */
function holdsItself(value: unknown, around: readonly unknown[] = []): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return around.includes(value) || Object.values(value).some((inner) => holdsItself(inner, [...around, value]));
}

function lineOf(offset: number, lines: LineCounter): number {
  return Math.max(1, lines.linePos(offset).line);
}

function opened(manifest: Manifest): readonly Manifest[] {
  const { kind, items } = manifest.object;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [manifest];
  return items.filter(isFields).map((object) => ({ ...manifest, object }));
}

export function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
