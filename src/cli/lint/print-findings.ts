/** Findings for people: under the object that they speak of, errors first. */
import { aligned } from '../print/table.ts';
import { type Paint, toned } from '../print/tone.ts';
import type { Finding } from './finding.ts';

export function findingsText(findings: readonly Finding[], objects: number, paint: Paint): string {
  const groups = Map.groupBy(findings, ({ file, line, object, namespace }) => {
    const where = line > 0 ? `${file}:${line}` : file;
    return [where, ...(object === '' ? [] : [object]), ...(namespace === '' ? [] : [`(namespace ${namespace})`])].join('  ');
  });
  const text = [...groups].map(([head, some]) => {
    const sorted = some.toSorted((a, b) => rank(a) - rank(b));
    const rows = sorted.map(({ level, path, message }) => [`  ${level}`, path === '' ? message : `${path}: ${message}`]);
    const painted = rows.map(([level = '', said = '']) => [toned(level, level.includes('error') ? 'bad' : 'waiting'), said]);
    return `${paint(head, 'strong')}\n${aligned(painted, paint)}\n`;
  });
  return `${text.join('')}${summary(findings, objects)}\n`;
}

function rank({ level }: Finding): number {
  return level === 'error' ? 0 : 1;
}

function summary(findings: readonly Finding[], objects: number): string {
  const errors = findings.filter(({ level }) => level === 'error').length;
  const warnings = findings.length - errors;
  return `${plural(objects, 'object')}: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
