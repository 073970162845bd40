import type { Attributes } from '@opentelemetry/api';
import { isSmall, putField, putText, putVarint, varintSize } from './bytes.ts';
import { NO_ROOM, type MessageWriter } from './message-writer.ts';
import { writeValue } from './value.ts';

// In `for … in`, V8 knows the answer: a quarter of `Object.hasOwn`.
const { hasOwnProperty } = Object.prototype;

/**
 * @param tag field of the parent message
 * @returns how many were omitted
 */
export function writeAttributes(to: MessageWriter, tag: number, attributes: Attributes): number {
  let dropped = 0;
  try {
    for (const key in attributes) {
      if (!hasOwnProperty.call(attributes, key)) continue;
      let value: unknown;
      try {
        value = attributes[key];
      } catch {
        dropped++;
        continue;
      }
      if (!writeAttribute(to, tag, key, value)) dropped++;
    }
  } catch (error) {
    if (error === NO_ROOM) throw error;
    // A proxy's keys may be unlisted.
    dropped++;
  }
  return dropped;
}

/** @returns false if left out */
export function writeAttribute(to: MessageWriter, tag: number, key: string, value: unknown): boolean {
  const start = to.pos;
  try {
    if (typeof value === 'string') return writeString(to, tag, to.keyField(key), value, value.length);
    if (value === undefined) return true;
    if (typeof value === 'number' && isSmall(value)) return writeSmall(to, tag, to.keyField(key), 3 << 3, value);
    if (typeof value === 'boolean') return writeSmall(to, tag, to.keyField(key), 2 << 3, value ? 1 : 0);
    const open = to.open(tag);
    to.key(key);
    writeValue(to, (2 << 3) | 2, value);
    to.close(open);
    return true;
  } catch (error) {
    to.giveUp(start, error);
    return false;
  }
}

/** One pass for ASCII of `size` bytes, else a second with the real size. */
function writeString(to: MessageWriter, tag: number, field: Uint8Array, value: string, size: number): boolean {
  const { out } = to;
  let pos = startPair(to, tag, field, 1 + varintSize(size) + size);
  if (pos < 0) return false;
  out[pos] = (1 << 3) | 2;
  pos = putVarint(out, pos + 1, size);
  if (putText(out, pos, value, size) !== size) return writeString(to, tag, field, value, Buffer.byteLength(value));
  to.pos = pos + size;
  return true;
}

function writeSmall(to: MessageWriter, tag: number, field: Uint8Array, kind: number, value: number): boolean {
  const pos = startPair(to, tag, field, 1 + varintSize(value));
  if (pos < 0) return false;
  to.out[pos] = kind;
  to.pos = putVarint(to.out, pos + 1, value);
  return true;
}

/** @returns where its value begins, or -1 if it does not fit */
function startPair(to: MessageWriter, tag: number, field: Uint8Array, any: number): number {
  const { out } = to;
  const pair = field.length + 1 + varintSize(any) + any;
  if (to.pos + 6 + pair > to.limit) {
    if (!to.capped) throw NO_ROOM;
    return -1;
  }
  out[to.pos] = tag;
  let pos = putVarint(out, to.pos + 1, pair);
  pos = putField(out, pos, field);
  out[pos] = (2 << 3) | 2;
  return putVarint(out, pos + 1, any);
}
