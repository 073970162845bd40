import type { SpanTable } from '../spans/span-table.ts';
import type { Access } from './access.ts';

/** A trace's write, and the last read before it in the same process. */
export interface ReadThenWrite {
  read: Access;
  write: Access;
}

export function readsThenWrites(
  table: SpanTable,
  accesses: Access[],
  isRead: (access: Access) => boolean,
  isWrite: (access: Access) => boolean,
): ReadThenWrite[] {
  const { service, instance } = table;
  const reads = new Map<string, Access[]>();
  const found: ReadThenWrite[] = [];
  const keyOf = ({ trace, row }: Access): string => `${trace} ${service[row]} ${instance[row]}`;
  for (const access of accesses) {
    const key = keyOf(access);
    if (isRead(access)) {
      const before = reads.get(key);
      if (before) before.push(access);
      else reads.set(key, [access]);
    } else if (isWrite(access)) {
      const read = reads.get(key)?.findLast(({ end }) => end <= access.start);
      if (read) found.push({ read, write: access });
    }
  }
  return found;
}
