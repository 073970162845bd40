import type { Hooks } from '@foreshock/kit';
import type { Query } from './events.ts';
import type { SqliteIterations } from './sqlite-iterations.ts';

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
