import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { PodTemplate } from '../../../api/kubernetes.ts';
import { compileWriter } from './go-writer.ts';
import { podTemplateFields } from './pod-template-fields.generated.ts';
import { podTemplateHash, podTemplateText, readableTemplate } from './pod-template-hash.ts';
import { stepHash } from './step-hash.ts';

function fixture(name: string) {
  return JSON.parse(readFileSync(new URL(`../../../../test/fixtures/identity/${name}.json`, import.meta.url), 'utf8'));
}

const templates: readonly { name: string; hash: string; template: PodTemplate }[] = fixture('pod-template-hash').vectors;
const stepLists: readonly { steps: unknown[] | null; currentStepHash: string }[] = fixture('canary-step-hash').vectors;

test.each(templates)('the template $name has the hash that the incumbent gave it', ({ template, hash }) => {
  expect(podTemplateHash(template)).toBe(hash);
  expect(podTemplateHash(template)).toBe(hash);
});

test.each(stepLists)('these steps have the hash $currentStepHash', ({ steps, currentStepHash }) => {
  expect(stepHash(steps)).toBe(currentStepHash);
});

test('every field of every struct is written as Go writes it', () => {
  const texts: readonly string[] = fixture('random-templates');
  const writer = compileWriter(podTemplateFields, 'PodTemplateSpec');
  for (const text of texts) expect(writer.write(JSON.parse(text))).toBe(text);
  expect(texts.length).toBeGreaterThan(10);
});

function withContainer(fields: Readonly<Record<string, unknown>>): PodTemplate {
  return { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'web', image: 'shop:1', ...fields }] } };
}

describe('what does not count', () => {
  const plain = podTemplateHash(withContainer({}));

  test.each<[string, PodTemplate]>([
    ['fields that Go does not know', withContainer({ fieldOfTheFuture: { x: 1 } })],
    ['empty values that Go leaves out', withContainer({ command: [], env: [], tty: false, workingDir: '', resources: {} })],
    ['nulls', withContainer({ command: null, livenessProbe: null, resources: null })],
    ['values of a wrong type', withContainer({ command: 'sh', livenessProbe: 'yes', stdin: 'no', ports: 80, resources: 7 })],
    ['a quantity that cannot be read', withContainer({ resources: { limits: { memory: 'invalid' } } })],
    ['a name of the template', { ...withContainer({}), metadata: { labels: { app: 'a' }, ...{ name: 'kept', uid: '1' } } }],
  ])('%s', (_name, template) => {
    expect(podTemplateHash(template)).toBe(plain);
  });

  test('the three defaults that the incumbent stores', () => {
    const port = (protocol?: string) => podTemplateHash(withContainer({ ports: [{ containerPort: 80, protocol }] }));
    expect(port()).toBe(port('TCP'));
    expect(port()).not.toBe(port('UDP'));
    const probe = withContainer({ livenessProbe: { grpc: { port: 1 } } });
    expect(podTemplateText(probe)).toContain('"grpc":{"port":1,"service":""}');
    const file = { volumeName: 'v', path: 'p', key: 'k' };
    const env = withContainer({ env: [{ name: 'A', valueFrom: { fileKeyRef: file } }] });
    expect(podTemplateText(env)).toContain('"key":"k","optional":false');
  });
});

test('nothing that a manifest can hold makes it throw', () => {
  for (const odd of [null, 1, 'x', [], {}, [null], [1], { a: null }, true]) {
    expect(podTemplateHash(withContainer({ ports: odd, resources: odd, env: odd, volumeMounts: odd }))).toMatch(/^[a-z0-9]+$/);
    expect(podTemplateHash({ metadata: odd as never, spec: { containers: odd, volumes: odd, securityContext: odd } })).toBeTruthy();
  }
  expect(podTemplateHash({})).toBe(podTemplateHash({ metadata: {}, spec: { containers: null } }));
});

test('a collision count gives another name, zero too', () => {
  const [first] = templates;
  const hashes = [undefined, 0, 1, 2].map((count) => podTemplateHash(first?.template ?? {}, count));
  expect(new Set(hashes).size).toBe(4);
});

test('hashing costs no more than copying the template through JSON twelve times', () => {
  const durationMs = (run: (template: PodTemplate) => unknown): number => {
    const started = performance.now();
    for (let i = 0; i < 600; i++) run(templates[i % templates.length]?.template ?? {});
    return performance.now() - started;
  };
  // 10 to 15 microseconds on a quiet machine; as a ratio, since tests run beside others. The best of many, to be past compilation.
  const ratios = Array.from({ length: 20 }, () => {
    const hashing = durationMs((template) => podTemplateHash(template, 1));
    return hashing / durationMs((template) => JSON.parse(JSON.stringify(template)));
  });
  expect(Math.min(...ratios)).toBeLessThan(12);
});

test('a readable template keeps what it can, fields of the future included, and its hash', () => {
  const odd = withContainer({
    resources: { limits: { memory: 'invalid', cpu: 1 } },
    stdin: 'no',
    new: { field: true },
    args: ['a', 7],
  });
  const mended = withContainer({ resources: { limits: { cpu: 1 } }, new: { field: true }, args: ['a'] });
  expect(readableTemplate(odd)).toEqual(mended);
  const unread = withContainer({ resources: { limits: { memory: 'invalid', cpu: 1 } }, stdin: 'no' });
  expect(podTemplateHash(readableTemplate(unread))).toBe(podTemplateHash(unread));
  for (const { template } of templates) expect(readableTemplate(template)).toBe(template);
});
