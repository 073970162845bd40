import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Parameter, Value } from './values.ts';

/** As SQL Server tells it. */
export class SqlServerError extends Error {
  readonly number: number;

  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

export interface Outcome {
  columns: readonly string[];
  rows: readonly Record<string, Value>[];
  changes: number;
}

const NOTHING: Outcome = { columns: [], rows: [], changes: 0 };

/** The statements of tests, done by SQLite: it has `@name` and `[name]`, too. */
export class Statements {
  readonly #database = new DatabaseSync(':memory:', { enableDoubleQuotedStringLiterals: true });

  async run(text: string, parameters: readonly Parameter[], signal: AbortSignal): Promise<Outcome> {
    const wait = /^WAITFOR DELAY '00:00:(\d\d)'/i.exec(text);
    if (wait) return delay(Number(wait[1]) * 1_000, NOTHING, { signal });
    const thrown = /^THROW (\d+), '([^']*)'/i.exec(text);
    if (thrown) throw new SqlServerError(Number(thrown[1]), thrown[2]!);
    if (/^(SET|BEGIN TRAN|COMMIT TRAN)\b/i.test(text)) return NOTHING;
    try {
      const statement = this.#database.prepare(text);
      statement.setAllowUnknownNamedParameters(true);
      const values = Object.fromEntries(parameters.map(({ name, value }) => [name, value]));
      const columns = statement.columns().map(({ name }) => name);
      if (columns.length > 0) return { columns, rows: statement.all(values) as Outcome['rows'], changes: 0 };
      return { ...NOTHING, changes: Number(statement.run(values).changes) };
    } catch (error) {
      throw asSqlServers(error as Error, parameters);
    }
  }

  close(): void {
    this.#database.close();
  }
}

function asSqlServers({ message }: Error, parameters: readonly Parameter[]): SqlServerError {
  const missing = /no such table: (\S+)/.exec(message);
  if (missing) return new SqlServerError(208, `Invalid object name '${missing[1]}'.`);
  const taken = /UNIQUE constraint failed: (\w+)\.\w+/.exec(message);
  if (!taken) return new SqlServerError(102, `Incorrect syntax near '${message}'.`);
  const key = parameters.map(({ value }) => value).join(', ');
  return new SqlServerError(
    2_627,
    `Violation of PRIMARY KEY constraint 'PK_${taken[1]}'. Cannot insert duplicate key in object 'dbo.${taken[1]}'. ` +
      `The duplicate key value is (${key}).`,
  );
}
