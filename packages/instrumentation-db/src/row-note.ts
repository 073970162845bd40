import type { KeyHash } from '@foreshock/kit';
import { DB_ROW_ACCESS, DB_ROW_COLUMNS, DB_ROW_HASH } from '@foreshock/kit/names';
import type { QueryDescription } from './events.ts';
import type { ClientQuery } from './query.ts';
import { rowAccessOf, rowText } from './row-access.ts';

/** Which row a query names, and what it does to it. */
export function noteRow(query: ClientQuery, described: QueryDescription, hashOf: KeyHash): void {
  const { text, dialect, values, host, port, database } = described;
  const row = text === undefined ? undefined : rowAccessOf(text, dialect);
  if (!row) return;
  query.set(DB_ROW_ACCESS, row.access);
  const named = rowText(row, values);
  if (named === undefined) return;
  // Databases of two servers may have one name.
  query.set(DB_ROW_HASH, hashOf(`${host}:${port}/${database}\0${named}`));
  if (row.columns !== undefined) query.set(DB_ROW_COLUMNS, row.columns);
}
