const NEWLINE = '\r\n';

/** Complete commands (arrays of bulk strings), else 0. */
export function redisCommands(bytes: Buffer): number {
  let at = 0;
  let commands = 0;
  const readNumber = (mark: string): number => {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0 || bytes[at] !== mark.charCodeAt(0)) return -1;
    const number = Number(bytes.toString('latin1', at + 1, end));
    at = end + NEWLINE.length;
    return Number.isSafeInteger(number) ? number : -1;
  };
  while (at < bytes.length) {
    const parts = readNumber('*');
    if (parts < 1) return 0;
    for (let i = 0; i < parts; i++) {
      const length = readNumber('$');
      if (length < 0) return 0;
      at += length + NEWLINE.length;
    }
    commands++;
  }
  return at === bytes.length ? commands : 0;
}

export function failingRedisCommands(commands: number): Buffer {
  return Buffer.from('*1\r\n$14\r\nINJECTED.CHAOS\r\n'.repeat(commands));
}
