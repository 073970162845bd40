import { isSmall, putVarint } from './bytes.ts';
import { UNFIT, type MessageWriter } from './message-writer.ts';

/** Ends cycles. */
const MAX_DEPTH = 16;

/** Every value takes bytes: the limit ends loops. */
export function writeValue(to: MessageWriter, tag: number, value: unknown): void {
  const start = to.open(tag);
  switch (typeof value) {
    case 'string':
      to.string((1 << 3) | 2, value, value.length);
      break;
    case 'number':
      writeNumber(to, value);
      break;
    case 'boolean':
      to.need(2);
      to.out[to.pos++] = 2 << 3;
      to.out[to.pos++] = value ? 1 : 0;
      break;
    case 'bigint':
      writeBigint(to, value);
      break;
    case 'object':
      if (value !== null) writeObject(to, value);
      break;
    case 'undefined':
      break;
    default:
      throw UNFIT;
  }
  to.close(start);
}

function writeNumber(to: MessageWriter, value: number): void {
  to.need(11);
  const { out } = to;
  if (isSmall(value)) {
    out[to.pos] = 3 << 3;
    to.pos = putVarint(out, to.pos + 1, value);
  } else if (Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63 && !Object.is(value, -0)) {
    writeInt64(to, BigInt(value));
  } else {
    out[to.pos] = (4 << 3) | 1;
    out.writeDoubleLE(value, to.pos + 1);
    to.pos += 9;
  }
}

function writeBigint(to: MessageWriter, value: bigint): void {
  // Text keeps more than 64 bits exact.
  if (BigInt.asIntN(64, value) !== value) {
    const text = value.toString();
    return to.string((1 << 3) | 2, text, text.length);
  }
  to.need(11);
  writeInt64(to, value);
}

function writeInt64(to: MessageWriter, value: bigint): void {
  const { out } = to;
  out[to.pos++] = 3 << 3;
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    out[to.pos++] = Number(rest & 0x7fn) | 0x80;
    rest >>= 7n;
  }
  out[to.pos++] = Number(rest);
}

function writeObject(to: MessageWriter, value: object): void {
  if (value instanceof Uint8Array) {
    to.need(6 + value.length);
    to.out[to.pos] = (7 << 3) | 2;
    const pos = putVarint(to.out, to.pos + 1, value.length);
    to.out.set(value, pos);
    to.pos = pos + value.length;
    return;
  }
  if (to.depth === MAX_DEPTH) throw UNFIT;
  to.depth++;
  if (Array.isArray(value)) {
    const start = to.open((5 << 3) | 2);
    for (let i = 0; i < value.length; i++) writeValue(to, (1 << 3) | 2, value[i]);
    to.close(start);
  } else {
    const start = to.open((6 << 3) | 2);
    for (const key of Object.keys(value)) {
      const item = (value as Record<string, unknown>)[key];
      if (item === undefined) continue;
      const pair = to.open((1 << 3) | 2);
      to.key(key);
      writeValue(to, (2 << 3) | 2, item);
      to.close(pair);
    }
    to.close(start);
  }
  to.depth--;
}
