import { inflated, isStoreFile, JsonValues, linesOf, UnreadableSource } from '@foreshock/explain/store';
import { readJsonRecords } from './json-value.ts';
import { readTraces } from './otlp-protobuf.ts';
import type { RecordTarget } from './record.ts';

const LARGEST = 1024 * 1024 * 1024;

/** JSON lines or values, or protobuf requests, many each after its length. Awaits `between` after each piece. */
export async function readStreamRecords(
  bytes: AsyncIterable<Buffer>,
  target: RecordTarget,
  between: () => void | Promise<void>,
): Promise<void> {
  let first: Buffer | undefined;
  const chunks = inflated(bytes);
  for (let next = await chunks.next(); !next.done && !first;) {
    if (next.value.length > 0) first = next.value;
    else next = await chunks.next();
  }
  if (!first) throw new UnreadableSource('empty');
  if (isStoreFile(first)) throw new UnreadableSource('a store of foreshock view, which --store opens');
  const begin = first;
  const whole = (async function* () {
    yield begin;
    yield* chunks;
  })();
  if (/^[\s\uFEFF]*[[{]/.test(begin.subarray(0, 64).toString('utf8'))) return readJson(whole, target, between);
  return readProtobuf(whole, target, between);
}

async function readJson(chunks: AsyncIterable<Buffer>, target: RecordTarget, between: () => void | Promise<void>) {
  const values = new JsonValues();
  let known = 0;
  const take = async (some: unknown[]): Promise<void> => {
    for (const value of some) {
      if (readJsonRecords(value, target) !== undefined) known++;
      await between();
    }
  };
  for await (const line of linesOf(chunks)) await take(values.push(line.toString('utf8')));
  await take(values.end());
  if (known === 0) throw new UnreadableSource('no OTLP, Zipkin or Jaeger spans in it');
}

async function readProtobuf(chunks: AsyncIterable<Buffer>, target: RecordTarget, between: () => void | Promise<void>) {
  const all: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    all.push(chunk);
    size += chunk.length;
    if (size > LARGEST) throw new UnreadableSource('more than 1 GB of protobuf');
  }
  const bytes = Buffer.concat(all);
  // A request's first tag; lengths start so only from 167 MB on.
  if (bytes[0] === 0x0a) {
    readTraces(bytes, target);
    return between();
  }
  for (let at = 0; at < bytes.length;) {
    const length = bytes.length - at >= 4 ? bytes.readUInt32BE(at) : Infinity;
    if (at + 4 + length > bytes.length) throw new UnreadableSource('cut short, or no OTLP in protobuf');
    readTraces(bytes.subarray(at + 4, at + 4 + length), target);
    await between();
    at += 4 + length;
  }
}
