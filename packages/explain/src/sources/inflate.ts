import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { UnreadableSource } from './unreadable.ts';

/** Spans as JSON compress to a fiftieth at best; more is an attack. */
const MOST_TIMES = 250;
/** Less output is harmless. */
const FREE_BYTES = 64 * 1024 * 1024;

export async function* inflated(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) return;
  let bytesIn = 0;
  const whole = (async function* () {
    bytesIn += first.value.length;
    yield first.value;
    for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
      bytesIn += chunk.length;
      yield chunk;
    }
  })();
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* whole;
    return;
  }
  const source = Readable.from(whole, { objectMode: false });
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  let bytesOut = 0;
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      bytesOut += chunk.length;
      if (bytesOut > FREE_BYTES && bytesOut > bytesIn * MOST_TIMES)
        throw new UnreadableSource(`inflates to more than ${MOST_TIMES} times its size`);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof UnreadableSource) throw error;
    throw new UnreadableSource(`gzip: ${(error as Error).message}`);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}
