import type { Channel } from './channel.ts';

/** Each after a length byte. */
const TEXTS = [
  'contentType',
  'contentEncoding',
  'correlationId',
  'replyTo',
  'expiration',
  'messageId',
  'type',
  'userId',
  'appId',
] as const;

/** Frame, header, flags, numbers, timestamps. */
const FIXED = 64;
const MAX_DEPTH = 8;
/** lib/defs.js has a 64 kB buffer. */
const MAX_HEADERS = 65_000;

/** The header must fit into one frame: else a broker closes the connection. Default 4 kB until 0.10.8. */
export function fits(channel: Channel, options: any, added: Readonly<Record<string, string>>): boolean {
  const limit = Math.min(channel.connection?.frameMax || MAX_HEADERS, MAX_HEADERS);
  let size = FIXED + tableSize(added, 0);
  for (const name of TEXTS) {
    const value: unknown = options?.[name];
    if (value != null) size += 1 + Buffer.byteLength(String(value));
  }
  for (const copies of [options?.CC, options?.BCC]) if (copies !== undefined) size += valueSize([copies].flat(), 0);
  return size + tableSize(options?.headers, 0) <= limit;
}

/** `encodeTable`'s (lib/codec.js) upper bound. */
function tableSize(table: unknown, depth: number): number {
  let size = 4;
  for (const name in table as Record<string, unknown>) {
    size += 1 + Buffer.byteLength(name) + valueSize((table as Record<string, unknown>)[name], depth);
    if (size > MAX_HEADERS) return Infinity;
  }
  return size;
}

function valueSize(value: unknown, depth: number): number {
  if (typeof value === 'string') return 5 + Buffer.byteLength(value);
  if (Buffer.isBuffer(value)) return 5 + value.length;
  if (typeof value !== 'object' || value === null) return 9;
  if (depth >= MAX_DEPTH) return Infinity;
  if (!Array.isArray(value)) return 16 + tableSize(value, depth + 1);
  return value.reduce((size: number, each) => size + valueSize(each, depth + 1), 5);
}
