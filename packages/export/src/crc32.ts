let table: Int32Array | undefined;

/** Loading `node:zlib` would take longer for a few bytes. */
export function crc32(bytes: Uint8Array, value = 0): number {
  table ??= Int32Array.from({ length: 256 }, (_, index) => {
    let entry = index;
    for (let bit = 0; bit < 8; bit++) entry = entry & 1 ? (entry >>> 1) ^ 0xedb88320 : entry >>> 1;
    return entry;
  });
  let crc = ~value;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
