import { BoundedMap } from '@foreshock/kit';
import type { Dialect } from './sql-dialect.ts';
import type { RowAccess } from './row.ts';
import { RowStatement } from './row-statement.ts';
import { isShort } from './sql-tokens.ts';

const MAX_STATEMENTS = 256;

const known = new Map<Dialect, BoundedMap<string, RowAccess | null>>();

/** Undefined: not simple enough to be sure. */
export function rowAccessOf(text: string, dialect: Dialect): RowAccess | undefined {
  // Long ones are not kept.
  if (!isShort(text)) return undefined;
  let statements = known.get(dialect);
  if (!statements) known.set(dialect, (statements = new BoundedMap(MAX_STATEMENTS)));
  const found = statements.get(text);
  if (found !== undefined) return found ?? undefined;
  return statements.set(text, RowStatement.read(text, dialect) ?? null) ?? undefined;
}

/** Of equal rows equal; undefined: a value has no one text. */
export function rowText({ table, key }: RowAccess, values: readonly unknown[] | undefined): string | undefined {
  if (!key) return undefined;
  let text = table;
  for (const { column, value } of key) {
    const plain = typeof value === 'string' ? value : plainText(values?.[value]);
    if (plain === undefined) return undefined;
    text += `\0${column}=${plain}`;
  }
  return text;
}

function plainText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return undefined;
  }
}
