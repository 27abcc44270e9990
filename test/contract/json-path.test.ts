/** JSONPath against kubectl, whose dialect it is: what both find in the same document is the same, in the same order. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { findJsonPath } from '../../src/core/analysis/json-path/find-json-path.ts';
import { JsonPathError } from '../../src/core/analysis/json-path/json-path.ts';
import { parseJsonPath } from '../../src/core/analysis/json-path/parse-json-path.ts';
import { sharedCluster } from '../support/cluster.ts';

const execute = promisify(execFile);
/** A ConfigMap by its kind only, so that kubectl takes it; `items` would make it a list, to be printed one by one. */
const document = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'report', namespace: 'default' },
  report: { ok: true, ratio: 0.995, none: null, 'dotted.name': 'd', nested: { list: [[1, 2], [3]] } },
  rows: [
    { name: 'a', value: 1, tags: ['x', 'y'] },
    { name: 'b', value: 2, tags: ['z'] },
    { name: 'c', value: 3, tags: ['x'], extra: { name: 'inner' } },
  ],
};

describe('JSONPath as kubectl', () => {
  let find: (path: string) => Promise<unknown>;
  beforeAll(async () => {
    const cluster = await sharedCluster();
    const [kubectl, file] = [await cluster.partPath('kubectl'), join(cluster.runDir, 'json-path.json')];
    await writeFile(file, JSON.stringify(document));
    find = async (path) => {
      const flags = ['--kubeconfig', cluster.adminKubeconfig, '--dry-run=client', '--validate=false'];
      const { stdout } = await execute(kubectl, ['create', ...flags, '-f', file, '-o', `jsonpath-as-json=${path}`]);
      return JSON.parse(stdout) as unknown;
    };
  });

  test.each([
    '{$.report.ok}',
    '{.report.ratio}',
    "{['report']['ok']}",
    "{['report.ratio']}",
    '{.report.dotted\\.name}',
    "{.report['dotted\\.name']}",
    '{.report.nested.list[*][0]}',
    '{.report.nested.list[1]}',
    '{.rows[-1].name}',
    '{.rows[0:2].name}',
    '{.rows[1:].name}',
    '{.rows[:-1].name}',
    '{.rows[::2].name}',
    '{.rows[0,2].name}',
    "{.rows[*]['name','value']}",
    '{.rows[*].tags[*]}',
    '{.rows[*].extra.name}',
    '{.rows..name}',
    '{.rows[?(@.name=="b")].value}',
    "{.rows[?(@.name=='b')].value}",
    '{.rows[?(@.value>1)].name}',
    '{.rows[?(@.value<=2)].name}',
    '{.rows[?(@.value!=2)].name}',
    '{.rows[?(@.extra)].name}',
    '{.rows[?(@.extra.name=="inner")].name}',
    '{.rows[?(@.name=="a")].tags[?(@=="y")]}',
  ])('%s', async (path) => {
    const actions = parseJsonPath(path);
    if (actions instanceof JsonPathError) throw actions;
    expect(await find(path)).toEqual(findJsonPath(actions, document));
  });
});
