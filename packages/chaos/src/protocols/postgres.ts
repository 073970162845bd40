const HEADER = 5;

/** Complete messages (version 3) with one response: a simple query, or an extended one with its Sync. */
export function isPostgresQuery(bytes: Buffer): boolean {
  let at = 0;
  let last = '';
  while (at + HEADER <= bytes.length) {
    const type = String.fromCharCode(bytes[at]!);
    if (last === '' && type !== 'Q' && type !== 'P' && type !== 'B') return false;
    last = type;
    at += 1 + bytes.readUInt32BE(at + 1);
  }
  return at === bytes.length && (last === 'Q' || last === 'S');
}

/** The error fails its transaction. */
export function failingPostgresQuery(sqlState = '57014'): Buffer {
  const text = `DO $$BEGIN RAISE EXCEPTION 'injected by foreshock/chaos' USING ERRCODE = '${sqlState}'; END$$\0`;
  const bytes = Buffer.alloc(HEADER + text.length);
  bytes.write('Q', 0);
  bytes.writeUInt32BE(4 + text.length, 1);
  bytes.write(text, HEADER);
  return bytes;
}
