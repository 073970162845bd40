import type { Hooks } from '@foreshock/kit';
import type { Query } from './events.ts';
import type { SqliteDatabases } from './sqlite-databases.ts';
import type { SqliteIterations } from './sqlite-iterations.ts';

/**
 * A database's methods that take a text.
 *
 * @param prepared a statement
 */
export function wrapTexts<D extends object>(
  prototype: any,
  databases: SqliteDatabases<D>,
  prepared: (statement: any, database: D) => void,
  hooks: Hooks,
): void {
  hooks.calls(prototype, 'exec', {
    begin: (database: D, [text]: [unknown]) => (typeof text === 'string' ? databases.start(database, text) : undefined),
    returned: (query: Query) => query.succeeded(),
    failed: (query, error) => query.failed(error),
  });
  hooks.calls(prototype, 'prepare', {
    begin: (database: D, [text]: [unknown]) => (typeof text === 'string' ? { database, text } : undefined),
    returned: ({ database }, statement) => prepared(statement, database),
    // A missing table or syntax error comes before there is a statement.
    failed: ({ database, text }, error) => databases.start(database, text)?.failed(error),
  });
}

/** Methods that run statements, of these or of what keeps several. They return when the query has ended. */
export function wrapRuns(
  prototype: any,
  begin: (self: any, args: unknown[]) => Query | undefined,
  iterations: SqliteIterations,
  hooks: Hooks,
): void {
  const rowsOf = {
    run: () => undefined,
    get: (row: unknown) => (row === undefined ? 0 : 1),
    all: (rows: unknown) => (Array.isArray(rows) ? rows.length : undefined),
  };
  for (const [method, rows] of Object.entries(rowsOf)) {
    hooks.calls(prototype, method, {
      begin,
      returned: (query: Query, result) => query.succeeded(rows(result)),
      failed: (query, error) => query.failed(error),
    });
  }
  hooks.calls(prototype, 'iterate', {
    begin,
    returned: (query: Query, iterator, self: object) => iterations.observe(iterator, query, self),
    failed: (query, error) => query.failed(error),
  });
}
