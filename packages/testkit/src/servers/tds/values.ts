import { Reader, shortText, u16, u8 } from './bytes.ts';

/** SQL_Latin1_General_CP1_CI_AS. */
export const COLLATION = Buffer.from('0904d00034', 'hex');

const INTN = 0x26;
const BITN = 0x68;
const FLTN = 0x6d;
const VARCHAR = 0xa7;
const NVARCHAR = 0xe7;
const UNLIMITED = 0xffff;

export type Value = string | number | null;

export interface Parameter {
  name: string;
  value: Value;
}

/** One of an RPC request. */
export function readParameter(reader: Reader): Parameter {
  const name = reader.text(reader.number(1));
  reader.number(1);
  const type = reader.number(1);
  if (type === INTN || type === BITN || type === FLTN) {
    reader.number(1);
    return { name, value: fixedValue(type, reader.take(reader.number(1))) };
  }
  if (type !== NVARCHAR && type !== VARCHAR)
    throw new Error(`parameter ${name} has type ${type}, which is not known here`);
  const isUnlimited = reader.number(2) === UNLIMITED;
  reader.take(COLLATION.length);
  const bytes = isUnlimited ? chunks(reader) : plain(reader);
  return { name, value: bytes && bytes.toString(type === NVARCHAR ? 'utf16le' : 'latin1') };
}

function fixedValue(type: number, bytes: Buffer): Value {
  if (bytes.length === 0) return null;
  if (type === FLTN) return bytes.length === 4 ? bytes.readFloatLE() : bytes.readDoubleLE();
  return bytes.length === 8 ? Number(bytes.readBigInt64LE()) : bytes.readIntLE(0, bytes.length);
}

function plain(reader: Reader): Buffer | null {
  const length = reader.number(2);
  return length === UNLIMITED ? null : reader.take(length);
}

function chunks(reader: Reader): Buffer | null {
  const isNull = reader.take(8).every((byte) => byte === 0xff);
  if (isNull) return null;
  const all: Buffer[] = [];
  for (let length = reader.number(4); length > 0; length = reader.number(4)) all.push(reader.take(length));
  return Buffer.concat(all);
}

/** `COLMETADATA` and `ROW` tokens; numbers and texts only. */
export function rowsToken(rows: readonly Record<string, Value>[], columns: readonly string[]): Buffer {
  const types = columns.map((column) => (rows.every((row) => typeof row[column] === 'number') ? FLTN : NVARCHAR));
  const described = columns.map((column, i) =>
    Buffer.concat([
      // User type, nullable.
      u16(0),
      u16(0),
      u16(1),
      types[i] === FLTN ? u8(FLTN, 8) : Buffer.concat([u8(NVARCHAR), u16(8_000), COLLATION]),
      shortText(column),
    ]),
  );
  const written = rows.map((row) =>
    Buffer.concat([u8(0xd1), ...columns.map((column, i) => valueOf(row[column]!, types[i]!))]),
  );
  return Buffer.concat([u8(0x81), u16(columns.length), ...described, ...written]);
}

function valueOf(value: Value, type: number): Buffer {
  if (type === FLTN) {
    const bytes = Buffer.alloc(9, 8);
    bytes.writeDoubleLE(Number(value), 1);
    return bytes;
  }
  if (value === null) return u16(UNLIMITED);
  const text = Buffer.from(String(value), 'utf16le');
  return Buffer.concat([u16(text.length), text]);
}
