import { CommonAttributes, BoundedMap } from '@foreshock/kit';
import { POOL_NAME } from '@foreshock/kit/names';
import type { CommandDescription, QueryDescription } from './events.ts';
import { sanitizeSql } from './sql.ts';
import { transactionStep, type TransactionStep } from './transaction-statement.ts';

const MAX_TARGETS = 16;
/** Inlined values are unlimited. */
const MAX_STATEMENTS = 256;

/** Shared by all spans of a statement. */
export interface Statement {
  readonly name: string;
  readonly summary: string | undefined;
  readonly transaction: TransactionStep | undefined;
  readonly attributes: CommonAttributes;
}

type Server = Pick<QueryDescription, 'system' | 'host' | 'port' | 'database'>;

interface Described {
  /** Default: the summary. */
  name?: string | undefined;
  text?: string | undefined;
  summary?: string | undefined;
  operation?: string | undefined;
  collection?: string | undefined;
}

interface Target {
  readonly system: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly database: string | undefined;
  readonly pool: string | undefined;
  /** By sanitised text, or statement's name. */
  readonly statements: BoundedMap<string | undefined, Statement>;
}

export class Statements {
  readonly #targets: Target[] = [];

  of(query: QueryDescription, pool: string | undefined): Statement {
    const sanitized = query.text === undefined ? undefined : sanitizeSql(query.text, query.dialect);
    const { statements } = this.#target(query, pool);
    const key = sanitized ? sanitized.text : query.statementName;
    const known = statements.get(key);
    if (known) return known;
    const described = sanitized ?? { summary: query.statementName };
    return statements.set(key, describe(query, pool, described));
  }

  ofCommand(command: CommandDescription, pool: string | undefined): Statement {
    const { statements } = this.#target(command, pool);
    const { operation, collection } = command;
    const summary = collection === undefined ? operation : `${operation} ${collection}`;
    return (
      statements.get(summary) ?? statements.set(summary, describe(command, pool, { summary, operation, collection }))
    );
  }

  #target({ system, host, port, database }: Server, pool: string | undefined): Target {
    const targets = this.#targets;
    for (let i = 0; i < targets.length; i++) {
      const each = targets[i]!;
      if (each.database !== database || each.pool !== pool || each.host !== host) continue;
      if (each.port === port && each.system === system) return each;
    }
    if (targets.length >= MAX_TARGETS) targets.shift();
    const target: Target = { system, host, port, database, pool, statements: new BoundedMap(MAX_STATEMENTS) };
    targets.push(target);
    return target;
  }
}

function describe({ system, host, port, database }: Server, pool: string | undefined, described: Described): Statement {
  const { summary } = described;
  const values = {
    'db.system.name': system,
    'db.namespace': database,
    'db.query.text': described.text,
    'db.query.summary': summary,
    'db.operation.name': described.operation,
    'db.collection.name': described.collection,
    'server.address': host,
    'server.port': port,
    [POOL_NAME]: pool,
  };
  const attributes = new CommonAttributes(values, { system, address: host, port });
  // In place of a text: a summary.
  const transaction = transactionStep(described.text ?? summary, system);
  return { name: described.name ?? summary ?? database ?? system, summary, transaction, attributes };
}
