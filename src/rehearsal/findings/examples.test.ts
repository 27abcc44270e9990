import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../api/kubernetes.ts';
import { findingRules, leftOpen } from './left-open.ts';

/** Examples that show how it should be made: nothing that could hurt users is left open in them. */
const wellMade = ['gateway-canary.yaml', 'blue-green.yaml', 'experiment.yaml', 'smoke-test.yaml', 'rolling-update.yaml'];

test.each(readdirSync('examples').filter((file) => file.endsWith('.yaml')))('no false alarm on examples/%s', (file) => {
  const objects = parseAllDocuments(readFileSync(`examples/${file}`, 'utf8')).map((document) => document.toJS() as KubeObject);
  for (const one of objects.filter(({ kind }) => kind === 'Rollout')) {
    const risks = leftOpen(objects, one, []).filter(({ level }) => level === 'risk');
    if (wellMade.includes(file)) expect(risks).toEqual([]);
  }
});

test('the manifest that measures both versions together is told so', () => {
  const objects = parseAllDocuments(readFileSync('examples/api-rollout.yaml', 'utf8')).map(
    (document) => document.toJS() as KubeObject,
  );
  expect(leftOpen(objects, objects[0] as KubeObject, []).map(({ level, rule }) => `${level} ${rule}`)).toEqual([
    'risk versions-not-told-apart',
    'advice no-traffic',
    'advice no-deadline',
  ]);
});

test('the reference has a section for each rule, and for nothing else', () => {
  const sections = [...readFileSync('docs/reference/findings.md', 'utf8').matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  expect(sections.toSorted()).toEqual(Object.keys(findingRules).toSorted());
});
