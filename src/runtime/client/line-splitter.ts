/** Cuts a stream of bytes into lines. A line is copied once, when it is complete, and may not exceed a limit. */

const newline = 0x0a;

export class LineTooLong extends Error {
  constructor(limitBytes: number) {
    super(`a line is longer than ${limitBytes} bytes`);
    this.name = 'LineTooLong';
  }
}

/** Yields each line without its end, the last one also if nothing ends it; empty lines are left out. Throws LineTooLong. */
export async function* lines(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<string> {
  let open: Uint8Array[] = [];
  let openBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      open.push(chunk.subarray(start, end));
      if (openBytes + end - start > limitBytes) throw new LineTooLong(limitBytes);
      const line = textOf(open);
      open = [];
      openBytes = 0;
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start === chunk.length) continue;
    open.push(chunk.subarray(start));
    openBytes += chunk.length - start;
    if (openBytes > limitBytes) throw new LineTooLong(limitBytes);
  }
  const rest = textOf(open);
  if (rest !== '') yield rest;
}

function textOf(parts: readonly Uint8Array[]): string {
  const [first] = parts;
  if (first === undefined) return '';
  const bytes = parts.length === 1 ? Buffer.from(first.buffer, first.byteOffset, first.byteLength) : Buffer.concat(parts);
  return bytes.toString('utf8');
}
