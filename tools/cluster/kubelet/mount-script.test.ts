import { describe, expect, it } from 'vitest';
import { entriesToKeep, mountScript, quote } from './mount-script.ts';

describe('entriesToKeep', () => {
  it('names what leads to each path below the directory, once', () => {
    const paths = ['/tmp/a/x', '/tmp/a/y', '/tmp/b', '/tmpfile', '/usr/bin/node', '/tmp'];
    expect(entriesToKeep('/tmp', paths)).toEqual(['a', 'b']);
    expect(entriesToKeep('/tmp/', paths)).toEqual(['a', 'b']);
    expect(entriesToKeep('/etc', paths)).toEqual([]);
  });
});

describe('mountScript', () => {
  it('mounts outer paths before inner ones, keeps the program visible, and quotes everything', () => {
    const mounts = [
      { source: '/v/inner', target: "/tmp/it's", readOnly: true },
      { source: '/v/outer', target: '/tmp', readOnly: false },
    ];
    const lines = mountScript(mounts, { scratch: '/run/pod', keep: ['/tmp/app/main.js'] }).split('\n');
    expect(lines.filter((line) => line.startsWith('place '))).toEqual([
      "place '/v/outer' '/tmp' 0 'app'",
      "place '/v/inner' '/tmp/it'\\''s' 1",
    ]);
    expect(quote("a'b")).toBe("'a'\\''b'");
  });
});
