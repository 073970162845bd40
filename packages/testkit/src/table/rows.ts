import type { AdapterFolder } from '../adapter-folders.ts';

export const COLUMNS = ['spans', 'wait', 'state', 'parent', 'attempt or hit', 'CJS', 'ESM'] as const;

export type Column = (typeof COLUMNS)[number];

/** By library. */
export type Rows = ReadonlyMap<string, readonly Column[]>;

/** Of rooms without adapters. */
const WITHOUT_ADAPTER: Record<string, readonly Column[]> = {
  // The underlying platform's.
  nestjs: ['spans', 'parent', 'ESM'],
  'hand-written-loops': ['attempt or hit'],
};

export function rowsOf(adapters: readonly Pick<AdapterFolder, 'adapter'>[]): Rows {
  const rows = new Map<string, readonly Column[]>();
  for (const { adapter } of adapters) {
    const others = rows.get(adapter.library) ?? [];
    rows.set(adapter.library, [...new Set<Column>([...others, ...adapter.shows, 'CJS', 'ESM'])]);
  }
  for (const [name, columns] of Object.entries(WITHOUT_ADAPTER)) rows.set(name, columns);
  return rows;
}
