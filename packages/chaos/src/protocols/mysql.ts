const HEADER = 4;
const QUERY = 0x03;
/** Commands that an error packet may answer: COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE. */
const ANSWERED = new Set([QUERY, 0x16, 0x17]);

/** A command's first packet has sequence number 0. */
export function isMysqlQuery(bytes: Buffer): boolean {
  return (
    bytes.length > HEADER &&
    bytes.readUIntLE(0, 3) === bytes.length - HEADER &&
    bytes[3] === 0 &&
    ANSWERED.has(bytes[HEADER]!)
  );
}

export function failingMysqlQuery(sqlState = '45000'): Buffer {
  const text = `SIGNAL SQLSTATE '${sqlState}' SET MESSAGE_TEXT = 'injected by foreshock/chaos'`;
  const bytes = Buffer.alloc(HEADER + 1 + text.length);
  bytes.writeUIntLE(1 + text.length, 0, 3);
  bytes[HEADER] = QUERY;
  bytes.write(text, HEADER + 1);
  return bytes;
}
