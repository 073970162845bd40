import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, brotliDecompress } from 'node:zlib';
import { Refusal } from './refusal.ts';

const LONGEST_BODY: number = 64 * 1024 * 1024;
const LONGEST_INFLATED = 256 * 1024 * 1024;
/** Of all in memory, inflated or not. */
const LONGEST_TOGETHER = 512 * 1024 * 1024;

const INFLATE: Record<string, (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

let together = 0;

/** Inflated, it counts until `use` ends. */
export async function withBody<T>(request: IncomingMessage, use: (body: Buffer) => Promise<T>): Promise<T> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && !INFLATE[encoding])
    throw new Refusal(415, `Content-Encoding ${encoding.slice(0, 40)}`);
  let counted = 0;
  const count = (bytes: number): void => {
    together += bytes;
    counted += bytes;
    if (together > LONGEST_TOGETHER) throw new Refusal(503, 'too much at a time');
  };
  try {
    if (Number(request.headers['content-length']) > LONGEST_BODY) throw tooLong();
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) {
      count(chunk.length);
      if (counted > LONGEST_BODY) throw tooLong();
      chunks.push(chunk);
    }
    const raw = Buffer.concat(chunks);
    if (encoding === 'identity') return await use(raw);
    const body = await inflated(raw, encoding);
    count(body.length);
    return await use(body);
  } finally {
    together -= counted;
  }
}

async function inflated(raw: Buffer, encoding: string): Promise<Buffer> {
  try {
    return await INFLATE[encoding]!(raw, { maxOutputLength: LONGEST_INFLATED });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal(413, `inflates to more than ${LONGEST_INFLATED / 1024 / 1024} MiB`);
    throw new Refusal(400, `${encoding}: ${(error as Error).message}`);
  }
}

function tooLong(): Refusal {
  return new Refusal(413, `longer than ${LONGEST_BODY / 1024 / 1024} MiB`);
}
