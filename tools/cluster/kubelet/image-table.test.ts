import { describe, expect, it } from 'vitest';
import { commandLine, findImage, parseImage } from './image-table.ts';

describe('parseImage', () => {
  it.each([
    ['shop', 'shop', 'latest'],
    ['shop:v3', 'shop', 'v3'],
    ['registry:5000/team/shop', 'registry:5000/team/shop', 'latest'],
    ['registry:5000/team/shop:v1', 'registry:5000/team/shop', 'v1'],
    ['shop@sha256:ab', 'shop', ''],
    ['shop:v1@sha256:ab', 'shop', 'v1'],
  ])('%s', (reference, name, tag) => {
    expect(parseImage(reference)).toEqual({ name, tag });
  });
});

describe('findImage', () => {
  const any = { executable: '/bin/any', args: [] };
  const table = { shop: { ...any, tags: ['v1'] }, 'shop:odd': { ...any, executable: '/bin/odd' }, 'ghcr.io/a/b': any };

  it('finds by name, with or without the default registry, and lets a whole reference win', () => {
    expect(findImage(table, 'ghcr.io/a/b:7')).toBe(any);
    expect(findImage(table, 'docker.io/library/shop:v1')).toBe(table.shop);
    expect(findImage(table, 'shop:odd')?.executable).toBe('/bin/odd');
  });

  it('knows neither other names nor tags that do not exist', () => {
    expect(findImage(table, 'nope:v1')).toBeUndefined();
    expect(findImage(table, 'shop:v2')).toBeUndefined();
    expect(findImage(table, 'toString')).toBeUndefined();
  });
});

describe('commandLine', () => {
  const program = { executable: '/bin/node', args: ['app.js'], defaultArgs: ['serve'], commands: ['/app'] };

  it.each([
    [{}, ['/bin/node', 'app.js', 'serve']],
    [{ args: ['x'] }, ['/bin/node', 'app.js', 'x']],
    [{ command: ['sh', '-c'], args: ['true'] }, ['sh', '-c', 'true']],
    [{ command: ['/app', 'run'] }, ['/bin/node', 'app.js', 'run']],
  ])('%j', (container, expected) => {
    expect(commandLine(program, container)).toEqual(expected);
  });
});
