import type { CommonAttributes } from '@foreshock/kit';
import type { RecordedAttributes } from '../finished-span.ts';
import { writeAttribute, writeAttributes } from './attributes.ts';
import type { MessageWriter } from './message-writer.ts';

/** @returns how many were left out */
export function writeRecorded(to: MessageWriter, tag: number, recorded: RecordedAttributes): number {
  const { common, moreCommon, given, later } = recorded;
  let dropped = writeAttributes(to, tag, given);
  if (common) dropped += writeCommon(to, tag, common);
  if (moreCommon) dropped += writeCommon(to, tag, moreCommon);
  for (let i = 0; i < later.length; i += 2) {
    if (!writeAttribute(to, tag, later[i] as string, later[i + 1])) dropped++;
  }
  return dropped;
}

function writeCommon(to: MessageWriter, tag: number, common: CommonAttributes): number {
  const bytes = common.encoded;
  if (!bytes) {
    const start = to.pos;
    const dropped = writeAttributes(to, tag, common.values);
    if (dropped === 0) common.encoded = bytes === null ? Uint8Array.from(to.out.subarray(start, to.pos)) : null;
    return dropped;
  }
  const end = to.pos + bytes.length;
  if (end > to.limit) return writeAttributes(to, tag, common.values);
  to.out.set(bytes, to.pos);
  to.pos = end;
  return 0;
}
