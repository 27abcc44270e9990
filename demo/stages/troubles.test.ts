import { describe, expect, it } from 'vitest';
import { imageValues } from './image.ts';
import { troubleOf } from './pod-ready.ts';
import { adviceFor } from './prometheus-check.ts';

describe('what is told of a pod', () => {
  const waiting = (reason: string) => ({
    metadata: { name: 'p' },
    status: { containerStatuses: [{ image: 'demo:x', state: { waiting: { reason, message: 'no such image' } } }] },
  });

  it('names the image that cannot be pulled, and the flag', () => {
    expect(troubleOf(waiting('ImagePullBackOff'))).toBe(
      'Pod p cannot start demo:x: ImagePullBackOff: no such image. --image must name one that the nodes can pull.',
    );
    expect(troubleOf(waiting('CrashLoopBackOff'))).toBe('Pod p cannot start demo:x: CrashLoopBackOff: no such image.');
  });

  it('is nothing while it may still start', () => {
    for (const reason of ['ContainerCreating', 'ErrImagePull']) expect(troubleOf(waiting(reason))).toBeUndefined();
    expect(troubleOf({ metadata: { name: 'p' } })).toBeUndefined();
  });
});

describe('what is told of Prometheus', () => {
  it('tells a wrong address from a missing scrape', () => {
    expect(adviceFor('Error', 'refused', 'http://p:9090')).toMatch(
      /cannot ask Prometheus at http:\/\/p:9090: refused.*--prometheus-address/,
    );
    expect(adviceFor('Failed', '', 'http://p:9090')).toMatch(/knows no pod of the shop: .*rollouts_pod_template_hash/);
  });
});

describe('imageValues', () => {
  it.each([
    ['demo', { 'image.repository': 'demo', 'image.tag': 'latest' }],
    ['registry.example:5000/demo:x', { 'image.repository': 'registry.example:5000/demo', 'image.tag': 'x' }],
    ['demo:x@sha256:abc', { 'image.repository': 'demo', 'image.digest': 'sha256:abc' }],
  ])('%s', (image, values) => {
    expect(imageValues(image)).toEqual(values);
  });
});
