import { UnreadableSource } from './unreadable.ts';

const LONGEST = 256 * 1024 * 1024;

const NEWLINE = 0x0a;

export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let open: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const line = chunk.subarray(from, end);
      yield open.length === 0 ? line : Buffer.concat([...open, line]);
      open = [];
      length = 0;
      from = end + 1;
    }
    if (from === chunk.length) continue;
    open.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > LONGEST) throw new UnreadableSource('a line of more than 256 MB');
  }
  if (open.length > 0) yield Buffer.concat(open);
}
