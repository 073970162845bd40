import { MessageReader } from './message-reader.ts';
import type { JsonKeyValue, JsonValue } from './otlp-json.ts';

export function readKeyValue(bytes: Buffer): JsonKeyValue {
  const pair: JsonKeyValue = { key: '', value: {} };
  const reader = new MessageReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) pair.key = reader.text();
    else if (field === 2) pair.value = readValue(reader.slice());
    else reader.skip();
  }
  return pair;
}

export function readValue(bytes: Buffer): JsonValue {
  const reader = new MessageReader(bytes);
  switch (reader.next()) {
    case 1:
      return { stringValue: reader.text() };
    case 2:
      return { boolValue: reader.varint() !== 0n };
    case 3:
      return { intValue: BigInt.asIntN(64, reader.varint()).toString() };
    case 4: {
      const value = reader.double();
      // proto3's JSON mapping: strings where JSON lacks numbers.
      if (Object.is(value, -0)) return { doubleValue: '-0' };
      return { doubleValue: Number.isFinite(value) ? value : String(value) };
    }
    case 5:
      return { arrayValue: { values: readRepeated(reader.slice(), readValue) } };
    case 6:
      return { kvlistValue: { values: readRepeated(reader.slice(), readKeyValue) } };
    case 7:
      return { bytesValue: reader.slice().toString('base64') };
    default:
      return {};
  }
}

function readRepeated<T>(bytes: Buffer, read: (bytes: Buffer) => T): T[] {
  const values: T[] = [];
  const reader = new MessageReader(bytes);
  while (reader.next() !== 0) values.push(read(reader.slice()));
  return values;
}
