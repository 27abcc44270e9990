/** Reads scenarios of one's own from YAML: all of them, or everything that is wrong with the file, each with its line, its path, and what to write instead. */
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { catalogue } from './catalogue.ts';
import type { Scenario } from './scenario.ts';
import { fieldsAt, fieldsOfAction, scenarioFileSchema } from './scenario-schema.ts';

export interface FileProblem {
  readonly line: number;
  /** `scenarios[0].actions[1].do`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

export type ScenarioFile = { readonly scenarios: readonly Scenario[] } | { readonly problems: readonly FileProblem[] };

type Path = readonly PropertyKey[];

/** More than anyone means: aliases can make a little text very large. */
const mostAliases = 100;

export function readScenarioFile(text: string): ScenarioFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const broken = document.errors.map(
    ({ linePos, message }): FileProblem => ({
      line: linePos?.[0].line ?? 1,
      path: '',
      message: message.split('\n')[0]?.replace(/ at line .*$/, '') ?? '',
    }),
  );
  if (broken.length > 0) return { problems: broken };
  const value = contentOf(document);
  if ('problem' in value) return { problems: [{ line: 1, path: '', message: value.problem }] };
  const { success, data, error } = scenarioFileSchema.safeParse(value.value, { reportInput: true });
  const at = (path: Path, message: string): FileProblem => ({ line: lineOf(document, lines, path), path: pathText(path), message });
  if (!success)
    return {
      problems: error.issues.flatMap((issue) => problemsOf(issue, value.value).map(({ path, message }) => at(path, message))),
    };
  const clashes = nameClashes(data.scenarios).map(({ index, message }) => at(['scenarios', index, 'name'], message));
  return clashes.length > 0 ? { problems: clashes } : { scenarios: data.scenarios };
}

function contentOf(document: Document): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases }) };
  } catch (cause) {
    return { problem: cause instanceof Error ? cause.message : String(cause) };
  }
}

function nameClashes(scenarios: readonly Scenario[]): readonly { readonly index: number; readonly message: string }[] {
  return scenarios.flatMap(({ name }, index) => {
    const first = scenarios.findIndex((one) => one.name === name);
    if (first !== index) return [{ index, message: `"${name}" is the name of scenarios[${first}] too; each needs one of its own` }];
    return catalogue.some((one) => one.name === name)
      ? [{ index, message: `"${name}" is the name of a scenario that is there already; take another one` }]
      : [];
  });
}

/** The line of the nearest that is written. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) => `${text}${typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`}`,
    '',
  );
}

interface Said {
  readonly path: Path;
  readonly message: string;
}

function problemsOf(issue: z.core.$ZodIssue, file: unknown): readonly Said[] {
  const { path } = issue;
  const said = (message: string): readonly Said[] => [{ path, message }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `is no field here; there are ${known(path, file).join(', ')}`,
      }));
    case 'invalid_union':
      return said(
        `must be one of ${('options' in issue ? (issue.options as readonly unknown[]) : []).join(', ')}${got(inputAt(file, path))}`,
      );
    case 'invalid_value':
      return said(`must be one of ${issue.values.join(', ')}${got(issue.input)}`);
    case 'invalid_type':
      return said(
        issue.input === undefined
          ? 'is missing: a scenario file is a list of scenarios under this name'
          : `must be ${kinds[issue.expected] ?? issue.expected}${got(issue.input)}`,
      );
    case 'too_small':
      return said('must hold one at least');
    default:
      return said(issue.message);
  }
}

const kinds: Readonly<Record<string, string>> = { string: 'text', array: 'a list', object: 'fields with values' };
function got(value: unknown): string {
  return value === undefined ? '' : `, got ${JSON.stringify(value)}`;
}

function inputAt(file: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined),
    file,
  );
}

/** Fields that can stand where this path ends. */
function known(path: Path, file: unknown): readonly string[] {
  const place = String(path.findLast((part) => typeof part === 'string') ?? '');
  const fields = fieldsAt[place] ?? [];
  const action = place === 'actions' ? inputAt(file, [...path, 'do']) : undefined;
  return [...fields, ...(typeof action === 'string' ? (fieldsOfAction[action] ?? []) : [])];
}
