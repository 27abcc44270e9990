import { describe, expect, it } from 'vitest';
import { findJsonPath } from './find-json-path.ts';
import { JsonPathError } from './json-path.ts';
import { parseJsonPath } from './parse-json-path.ts';

const document = {
  data: { ok: true, ratio: 0.995, none: null, 'dotted.name': 'd', 'two words': 'w' },
  items: [
    { name: 'a', value: 1, tags: ['x', 'y'] },
    { name: 'b', value: 2.5, tags: [] },
    { name: "c'd", value: 3, extra: { name: 'inner' } },
  ],
  empty: [],
  text: 'plain',
};

function find(path: string, from: unknown = document): readonly unknown[] {
  const actions = parseJsonPath(path);
  if (actions instanceof JsonPathError) throw actions;
  return findJsonPath(actions, from);
}

describe('JSONPath of Kubernetes', () => {
  it.each<[string, readonly unknown[]]>([
    ['{$.data.ok}', [true]],
    ['{.data.ok}', [true]],
    ['{@.data.ok}', [true]],
    ['{ .data.ok }', [true]],
    ["{['data']['ok']}", [true]],
    ["{.data['ok']}", [true]],
    ["{['data.ratio']}", [0.995]],
    ['{.data.dotted\\.name}', ['d']],
    ["{.data['dotted\\.name']}", ['d']],
    ["{.data['two words']}", ['w']],
    ['{.data.none}', [null]],
    ['{.items[0].name}', ['a']],
    ['{.items[-1].value}', [3]],
    ['{.items[*].name}', ['a', 'b', "c'd"]],
    ['{.items[0:2].value}', [1, 2.5]],
    ['{.items[1:].value}', [2.5, 3]],
    ['{.items[:-1].value}', [1, 2.5]],
    ['{.items[::2].value}', [1, 3]],
    ['{.items[0,2].value}', [1, 3]],
    ["{.items[*]['name', 'value']}", ['a', 'b', "c'd", 1, 2.5, 3]],
    ['{.items[*].extra.name}', ['inner']],
    ['{.data.*}', [true, 0.995, null, 'd', 'w']],
    ['{..name}', ['a', 'b', "c'd", 'inner']],
    ['{.items..name}', ['a', 'b', "c'd", 'inner']],
    ['{.items[?(@.name=="b")].value}', [2.5]],
    ["{.items[?(@.name == 'b')].value}", [2.5]],
    ['{.items[?(@.name=="c\'d")].value}', [3]],
    ['{.items[?(@.value>=2.5)].name}', ['b', "c'd"]],
    ['{.items[?(@.value>1)].name}', ['b', "c'd"]],
    ['{.items[?(@.value!=1)].name}', ['b', "c'd"]],
    ['{.items[?(@.name<"b")].value}', [1]],
    ['{.items[?(@.extra)].name}', ["c'd"]],
    ['{.items[?(@.extra.name=="inner")].value}', [3]],
    ['{.items[?(@.name=="z")]}', []],
    ['{.items[0].tags[?(@=="y")]}', ['y']],
    ['{range .items[*]}{.name}{": "}{.value}{end}', ['a', 1, 'b', 2.5, "c'd", 3]],
    ['ok is {.data.ok}', [true]],
    ['{.empty[*]}', []],
    ['{.empty}', [[]]],
  ])('%s', (path, expected) => {
    expect(find(path)).toEqual(expected);
  });

  it.each(['{$}', '{@}', '{.}', '{}'])('%s is the whole', (path) => {
    expect(find(path)).toEqual([document]);
  });

  it.each([
    ['{.data.nothing}', 'nothing is not found'],
    ['{.items[?(@.name=="z")].value}', 'value is not found'],
    ['{.text.length}', 'length is not found'],
    ['{.data.constructor}', 'constructor is not found'],
    ['{.data.__proto__}', '__proto__ is not found'],
    ['{.items[3]}', 'array index out of bounds: index 3, length 3'],
    ['{.items[-4]}', 'array index out of bounds: index -1, length 3'],
    ['{.items[1:9]}', 'array index out of bounds: index 8, length 3'],
    ['{.items[2:1]}', 'starting index 2 is greater than ending index 1'],
    ['{.data[0]}', 'a map is not array or slice'],
    ['{.text[0]}', '"plain" is not array or slice'],
    ['{.items[?(@.name>1)]}', 'incompatible types for comparison: string and number'],
    ['{.items[?(@.tags[*]=="x")]}', 'one value at a time'],
  ])('%s: %s', (path, message) => {
    expect(() => find(path)).toThrow(message);
  });

  it.each([
    ['$.data.ok', 'there is no {...}'],
    ['', 'there is no {...}'],
    ['{.data.ok', 'the "}" is missing'],
    ['{.items[0}', 'the "]" is missing'],
    ['{.items[?(@.a=="b"}', 'the ")" is missing'],
    ['{.items[?(@.a=="b")}', 'must end in ")]"'],
    ['{.items["a"]}', 'is no index'],
    ['{.items[]}', 'is no index'],
    ['{.items[a]}', 'is no index'],
    ['{data.ok}', 'a field is written .name'],
    ['{.a....b}', 'twice in a row'],
    ['{.a.[0]}', 'a name is missing'],
    ['{.items[::0]}', 'above 0'],
    ['{.items[?(@.a=~"b")]}', 'compares nothing'],
    ['{.items[?(@.a=<1)]}', 'compares nothing'],
    ['{range .items[*]}{.a}', 'no {end}'],
    ['{.a}{end}', 'without a {range}'],
    ['{.items[?(@.a==b)]}', 'a field is written .name'],
    ['{.items[?(@.a== )]}', 'compares with nothing'],
  ])('%s is refused', (path, message) => {
    const parsed = parseJsonPath(path);
    expect(parsed).toBeInstanceOf(JsonPathError);
    expect(parsed).toMatchObject({ message: expect.stringContaining(message) });
  });

  it.each([
    ['long', `{${'.a'.repeat(3000)}}`, 'longer than 4096'],
    ['deep', `${'{range .a}'.repeat(30)}{.b}${'{end}'.repeat(30)}`, 'nested too deep'],
  ])('a path that is too %s is refused', (_, path, message) => {
    expect(parseJsonPath(path)).toMatchObject({ message: expect.stringContaining(message) });
  });

  it('gives up where there is too much to look at', () => {
    let deep: unknown = [1];
    for (let level = 0; level < 5000; level += 1) deep = [deep];
    expect(() => find('{..[0]..[0]}', deep)).toThrow('more than 1000000 values');
    expect(find('{[0]..[-1]}', deep)).toHaveLength(5000);
  });
});
