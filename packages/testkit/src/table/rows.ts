import type { AdapterFolder } from '../adapter-folders.ts';

/** What the table can say of an adapter: what it shows, and whether to applications that `require` or `import` it. */
export const COLUMNS = ['spans', 'wait', 'state', 'parent', 'attempt or hit', 'CJS', 'ESM'] as const;

export type Column = (typeof COLUMNS)[number];

/** The columns that apply to each row, by its name: the library's. */
export type Rows = ReadonlyMap<string, readonly Column[]>;

/** What the rooms show beside the adapters of libraries. */
const WITHOUT_ADAPTER: Record<string, readonly Column[]> = {
  // Its routes are those of the platform under it.
  nestjs: ['spans', 'parent', 'ESM'],
  'hand-written-loops': ['attempt or hit'],
};

/** One row a library: what all its adapters show, in whichever room. */
export function rowsOf(adapters: readonly Pick<AdapterFolder, 'adapter'>[]): Rows {
  const rows = new Map<string, readonly Column[]>();
  for (const { adapter } of adapters) {
    const others = rows.get(adapter.library) ?? [];
    rows.set(adapter.library, [...new Set<Column>([...others, ...adapter.shows, 'CJS', 'ESM'])]);
  }
  for (const [name, columns] of Object.entries(WITHOUT_ADAPTER)) rows.set(name, columns);
  return rows;
}
